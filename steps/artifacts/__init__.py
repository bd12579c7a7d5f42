"""What the steps hand to each other: small JSON files that a person can read, kept with the run.

register_model -> candidate.json -> validate_model -> verdict.json
               -> deploy_service -> deployment.json -> smoke_test -> release.json
"""
