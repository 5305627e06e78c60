# SPDX-License-Identifier: GPL-2.0
#
# Every entry point of the project; `make help` lists them. The kernel's build
# system does not read this file, it reads Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build

# What compiled the kernel has to compile the module.
ifneq ($(shell grep -sx CONFIG_CC_IS_CLANG=y $(KDIR)/include/config/auto.conf),)
LLVM ?= 1
endif

kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(MO),MO=$(abspath $(MO))) $(if $(LLVM),LLVM=$(LLVM))
rust-sources = $(shell find src selftests/host -name '*.rs' ! -name '*generated*' ! -path '*/target/*')
in-root = selftests/vm/enter.sh

# The first of all targets is the default.
modules:

ifeq ($(ROOT),)

preflight:
	@selftests/preflight.sh $(KDIR)

modules: preflight
	@$(if $(MO),mkdir -p $(MO))
	$(kbuild) modules

modules_install:
	$(kbuild) modules_install

clippy: preflight
	@$(if $(MO),mkdir -p $(MO))
	$(kbuild) CLIPPY=1 W=e modules

rustdoc: preflight
	@$(if $(MO),mkdir -p $(MO))
	$(kbuild) RPMFAULT_RUSTDOC=$(CURDIR)/doc modules

# The kernel's generator knows nothing of the variables that env!() reads.
rust-analyzer: preflight
	$(kbuild) rust-analyzer
	@python3 -c 'import json, sys; \
	path, objtree, generated = sys.argv[1:]; \
	project = json.load(open(path)); \
	[crate.setdefault("env", {}).update(OBJTREE=objtree, RPMFAULT_GEN=generated) \
		for crate in project["crates"] if crate["display_name"].startswith("rpmfault")]; \
	json.dump(project, open(path, "w"), indent=4)' \
	$(if $(MO),$(MO)/)rust-project.json $(abspath $(KDIR)) $(abspath $(or $(MO),.))/src/ffi

rustfmt:
	rustfmt --edition 2021 --config newline_style=Unix $(rust-sources)

rustfmtcheck:
	rustfmt --edition 2021 --config newline_style=Unix --check $(rust-sources)

# Cargo needs no network where the crates of Cargo.lock are there already.
host-test:
	cargo test --manifest-path selftests/host/Cargo.toml --locked

fuzz:
	selftests/host/fuzz/run.sh $(FUZZ_SECONDS)

timeline-test:
	python3 -B -m unittest discover -v -s selftests/timeline

waits-test:
	python3 -B -m unittest discover -v -s selftests/waits

else

# ROOT=1: the same in the build root, against a kernel that it has built.
rustfmt rustfmtcheck host-test fuzz timeline-test waits-test:
	@$(in-root) make $@ ROOT= $(if $(FUZZ_SECONDS),FUZZ_SECONDS=$(FUZZ_SECONDS))

modules clippy rustdoc preflight:
	@$(in-root) selftests/vm/kernel.sh $(or $(KERNEL),stock) bash -c 'exec make $@ $(if $(W),W=$(W)) \
		ROOT= KDIR=/obj \
		MO=/cache/module/$$RPMFAULT_KERNEL-$$RPMFAULT_CHECKOUT$(if $(filter clippy,$@),-clippy)'

endif

# Nothing is built in the checkout without a kernel to build for.
clean:
	$(if $(wildcard $(KDIR)/Makefile),$(kbuild) clean)
	rm -rf doc rust-project.json selftests/host/target selftests/host/fuzz/target

demo:
	@$(in-root) selftests/vm/demo.py

check:
	@$(in-root) selftests/vm/check.py

matrix:
	@$(in-root) selftests/vm/matrix.py

mutants:
	@$(in-root) selftests/vm/mutants.py

bench:
	@$(in-root) selftests/vm/vm.py run $(or $(KERNEL),fixed) bench/rules

vm:
	@$(in-root) selftests/vm/vm.py shell $(or $(KERNEL),fixed)

timeline:
	@python3 -B selftests/timeline/timeline.py $(TRACE)

waits:
	@python3 -B selftests/waits/waits.py $(REPORT)

update:
	@$(in-root) selftests/vm/kernel.sh --update

help:
	@echo  'With nothing set up, as root on Debian 12 or later (what is missing is installed'
	@echo  'into a build root in $${RPMFAULT_CACHE:-$${XDG_CACHE_HOME:-~/.cache}/rpmfault}):'
	@echo  '  demo            - Show a bug of the stock kernel, and the fixed kernel without it'
	@echo  '  check           - Run all tests: host tests, KUnit, and the scenarios'
	@echo  "                    TESTS='rpm/* host/*' selects, KERNEL=stock|fixed|NN takes one kernel"
	@echo  '                    (NN has patches/undo/NN-*.patch; NN+MM two of them), DEBUG=kasan adds KASAN and kmemleak'
	@echo  '                    TIMELINE=1 draws a timeline of each scenario, not only of those that fail'
	@echo  '  matrix          - Run the scenarios on a kernel without each of the fixes, too, and show which'
	@echo  '                    fail where; goes on where it was cut off, MATRIX_FRESH=1 begins anew'
	@echo  '  mutants         - Show that each scenario can fail, with a fault in the module'
	@echo  '  bench           - Measure what rules cost I/O that they are not about'
	@echo  '  vm              - Shell in a virtual machine with the module loaded; KERNEL=fixed'
	@echo  '  update          - Fetch the newest packages and kernel sources, which are kept otherwise'
	@echo  '                    KSRC=/path to any of these uses a kernel source tree of your own'
	@echo  ''
	@echo  'For a kernel of your own, configured with CONFIG_RUST=y and built; KDIR=/path names its'
	@echo  'object tree, /lib/modules/$$(uname -r)/build otherwise; MO=/path takes the output:'
	@echo  '  modules         - Build rpmfault.ko (default target)'
	@echo  '  modules_install - Install it'
	@echo  '  clippy          - Build it with the lints of clippy'
	@echo  '  rustdoc         - Build the documentation of the code, in doc/'
	@echo  '  rust-analyzer   - Generate rust-project.json'
	@echo  '  preflight       - Check that the kernel and the tools can build it'
	@echo  '  clean           - Remove what was built in the checkout'
	@echo  ''
	@echo  'With nothing but Python:'
	@echo  '  timeline        - Draw TRACE=file, a copy of the trace of a tracefs instance'
	@echo  '  waits           - Say who waits for whom in REPORT=file: what a scenario that hung has'
	@echo  '                    printed, or a kernel log with the output of sysrq w and d'
	@echo  '  timeline-test   - Run the tests of what draws it'
	@echo  '  waits-test      - Run the tests of what says that'
	@echo  ''
	@echo  'With nothing but a Rust toolchain:'
	@echo  '  host-test       - Run the tests of the pure half of the module'
	@echo  '  fuzz            - Fuzz it for FUZZ_SECONDS=20 a target (needs a C++ compiler, too)'
	@echo  '  rustfmt         - Format the Rust sources'
	@echo  '  rustfmtcheck    - Check that they are formatted'
	@echo  ''
	@echo  'ROOT=1 runs modules, clippy, rustdoc, preflight and these three in the build root, against'
	@echo  'KERNEL=stock, as in: make clippy ROOT=1'

.PHONY: modules modules_install clippy rustdoc rust-analyzer preflight rustfmt rustfmtcheck host-test fuzz timeline-test waits-test clean demo check matrix mutants bench vm timeline waits update help
