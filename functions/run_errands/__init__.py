"""Does what a step left to be done outside its incident."""
