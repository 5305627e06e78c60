# SPDX-License-Identifier: GPL-2.0
#
# Reads what iscsi-test-cu --Verbose-scsi prints and prints one line per test:
#
#   FAMILY.TEST pass
#   FAMILY.TEST skip REASON        for each part that was left out
#   FAMILY.TEST fail REASON        for each complaint
#
# and a last line "total N", the number of tests that CUnit says it has run.

# The first words of a test stand behind its name when it does not begin with an empty line.
/^  Test: / {
	test = suite "." $2
	skips = complaints = 0
	sub(/^  Test: [^ ]+ \.\.\./, "")
}

/^Suite: / {
	suite = $2
	next
}

/^ +tests / {
	total = $3
	next
}

test == "" {
	next
}

/SKIPP(ED|ING)\]|Skipping (test|assert)/ {
	sub(/^ *(\[SKIPP(ED|ING)\])? */, "")
	if (!seen[test, $0]++)
		skip[skips++] = $0
	next
}

# A complaint of the test's own, or an assertion of CUnit's after the verdict.
/^ *\[FAIL(ED|URE)\]|^ +[0-9]+\. [^ ]+:[0-9]+ / {
	sub(/^ *([0-9]+\. )?/, "")
	if (!seen[test, $0]++)
		complaint[complaints++] = $0
	if (verdict == test)
		report_complaints()
	next
}

/^passed$/ {
	for (i = 0; i < skips; i++)
		print test, "skip", skip[i]
	if (!skips)
		print test, "pass"
	test = ""
	next
}

/^FAILED$/ {
	verdict = test
	report_complaints()
	next
}

END {
	if (test != "" && verdict != test)
		print test, "fail the program ended in it"
	print "total", total + 0
}

function report_complaints()
{
	for (i = 0; i < complaints; i++)
		print test, "fail", complaint[i]
	complaints = 0
}
