"""The local AWS: moto's server for five services, mended where it differs from AWS in ways that matter here."""
