"""The rules of Tocsin: pure functions over frozen models. `now` and the policy are always arguments."""
