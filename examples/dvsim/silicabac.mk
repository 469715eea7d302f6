# The two things that dvsim has a simulator do, with their words in variables.

.PHONY: build run

# Status 1 is a core that fails, which the runs tell; all else is no build.
build:
	cd $(proj_root) && { $(build_cmd) $(build_opts) || [ $$? -eq 1 ]; }

run:
	cd $(proj_root) && $(run_cmd) $(run_opts)
