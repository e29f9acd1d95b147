using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Ledger;

/// <summary>What can be wrong with entries and records.</summary>
internal static class LedgerErrors
{
    public static readonly ErrorCode VersionConflict = new(
        "ledger.version.conflict",
        "Somebody else changed the same thing at the same moment.",
        "Look at its present state and ask again.",
        RetryClass.Safe);

    public static readonly ErrorCode EntryUnknown = new(
        "ledger.entry.unknown",
        "The ledger holds an entry of a type or version that this program does not know.",
        "Install the program's version that wrote it, or a later one.");

    public static readonly ErrorCode RecordTooLarge = new(
        "ledger.record.large",
        "The state of one thing grew past what a record may hold.",
        "Keep what is many in a table of its own.");
}
