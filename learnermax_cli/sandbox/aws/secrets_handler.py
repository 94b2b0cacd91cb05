"""Secrets Manager's request handler: moto's own, except for what it reports of versions."""

from __future__ import annotations

import json

from moto.secretsmanager.responses import SecretsManagerResponse


class SandboxSecretsHandler(SecretsManagerResponse):
    """Versions without a label are deprecated: not described, and listed only when asked for."""

    def describe_secret(self) -> str:
        """Describe a secret, also one scheduled for deletion [doc DescribeSecret: VersionIdsToStages]."""
        described = json.loads(super().describe_secret())
        for name in ("VersionIdsToStages", "SecretVersionsToStages"):
            if name in described:
                described[name] = {version: labels for version, labels in described[name].items() if labels}
        return json.dumps(described)

    def list_secret_version_ids(self) -> str:
        """List versions with their true dates, deprecated ones by IncludeDeprecated [doc ListSecretVersionIds]."""
        secret = self.backend.describe_secret(self._get_param("SecretId"))
        versions = [
            {"VersionId": version_id, "VersionStages": version["version_stages"], "CreatedDate": version["createdate"]}
            for version_id, version in secret.versions.items()
            if version["version_stages"] or self._get_bool_param("IncludeDeprecated", False)
        ]
        return json.dumps({"ARN": secret.arn, "Name": secret.name, "Versions": versions})
