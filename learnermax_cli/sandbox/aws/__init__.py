"""The local AWS: moto's server for five services, corrected where it differs from AWS in ways that matter here."""
