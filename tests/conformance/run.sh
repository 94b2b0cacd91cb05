#!/bin/sh
# Runs the conformance tests against stripe-mock (needs Go) and DynamoDB Local (needs Java and Maven).
# Each is installed once, under .conformance/; where a tool is missing, its half is skipped in one line.
set -eu
cd "$(dirname "$0")/../.."

STRIPE_MOCK=v0.203.0
DYNAMODB_LOCAL=2.6.1
module=github.com/stripe/stripe-mock@$STRIPE_MOCK
stripe_home=$PWD/.conformance/stripe-mock
dynamodb_home=$PWD/.conformance/dynamodb-local
tests=''

has() { command -v "$1" >/dev/null 2>&1; }
installed() { [ "$(cat "$1/version" 2>/dev/null)" = "$2" ]; }

install_stripe_mock() {
    echo "Installing stripe-mock $STRIPE_MOCK into .conformance ..."
    rm -rf "$stripe_home"
    mkdir -p "$stripe_home"
    GOBIN=$stripe_home go install "$module"
    source=$(go mod download -json "$module" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
    cp "$source/embedded/openapi/spec3.json" "$stripe_home/spec3.json"
    echo "$STRIPE_MOCK" >"$stripe_home/version"
}

install_dynamodb_local() {
    echo "Installing DynamoDB Local $DYNAMODB_LOCAL into .conformance ..."
    rm -rf "$dynamodb_home"
    mvn --quiet --batch-mode --file tests/conformance/pom.xml -Ddynamodb-local.version="$DYNAMODB_LOCAL" \
        dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$dynamodb_home/lib"
    echo "$DYNAMODB_LOCAL" >"$dynamodb_home/version"
}

if installed "$stripe_home" "$STRIPE_MOCK" || has go; then
    installed "$stripe_home" "$STRIPE_MOCK" || install_stripe_mock
    tests="$tests $(echo tests/conformance/test_stripe_*.py)"
else
    echo "conformance with Stripe: skipped, go is not installed"
fi
if has java && { installed "$dynamodb_home" "$DYNAMODB_LOCAL" || has mvn; }; then
    installed "$dynamodb_home" "$DYNAMODB_LOCAL" || install_dynamodb_local
    tests="$tests $(echo tests/conformance/test_dynamodb_*.py)"
else
    echo "conformance with DynamoDB: skipped, java or mvn is not installed"
fi
[ -n "$tests" ] || exit 0
# shellcheck disable=SC2086 # a list of files
exec "${PYTHON:-python3}" -m pytest -q -o addopts= --strict-config --strict-markers --timeout 120 "$@" $tests
