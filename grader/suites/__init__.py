"""Hidden suites, one package per exercise. Imported by the judge alone."""
