"""A run proved from its folder, without the optimisation model or the solver."""
