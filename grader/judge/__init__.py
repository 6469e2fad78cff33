"""The trusted side: hidden suites run here, with the student's functions at the other end of a wire."""
