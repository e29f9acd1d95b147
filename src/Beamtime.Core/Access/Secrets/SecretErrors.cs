using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.Secrets;

/// <summary>What can be wrong with the master key and with what it seals.</summary>
internal static class SecretErrors
{
    public static readonly ErrorCode KeyMissing = new(
        "master_key.missing",
        "No master key is given, or the file that held it is gone.",
        "Set BEAMTIME_SECRET_FILE to a file of at least 32 bytes that nobody can guess, or put the file back from where it is kept.");

    public static readonly ErrorCode KeyTwice = new(
        "master_key.twice",
        "Both BEAMTIME_SECRET_FILE and BEAMTIME_JWT_SECRET are set.",
        "Unset one of them: the one that the records are not sealed with.");

    public static readonly ErrorCode KeyUnreadable = new(
        "master_key.unreadable",
        "The file of the master key cannot be read.",
        "Check its path and its rights; it belongs to the account of the program, with mode 0600.");

    public static readonly ErrorCode KeyShort = new(
        "master_key.short",
        "The master key has fewer than 32 bytes, so that it could be guessed.",
        "Make one with: openssl rand -base64 48.");

    public static readonly ErrorCode KeyWrong = new(
        "master_key.wrong",
        "The secrets in the database are sealed with another master key.",
        "Give the key they were sealed with. If it is lost for good, 'beamtime admin rotate-key --abandon' drops what it sealed.");

    public static readonly ErrorCode KeyChanged = new(
        "master_key.changed",
        "The master key was changed while this program ran.",
        "Start the program again with the new key.");

    public static readonly ErrorCode Damaged = new(
        "secret.damaged",
        "A sealed value in the database was changed or cut.",
        "Store the value again, or restore the database from a backup.");

    public static readonly ErrorCode NameInvalid = new(
        "secret.name.invalid",
        "The name of a secret is not lower case letters, digits, dots, dashes and underscores, at most 100.",
        "Choose another name, such as tape.password.");

    public static readonly ErrorCode Unknown = new(
        "secret.unknown", "No secret of that name is stored.", "Store it first, or correct the name.");
}
