"""lmx in the world of an operator: every partition, proxies, certificates of a company."""
