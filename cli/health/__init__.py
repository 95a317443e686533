"""What is to be said of a deployed stage: facts in, diagnoses out, nobody is asked anything here."""
