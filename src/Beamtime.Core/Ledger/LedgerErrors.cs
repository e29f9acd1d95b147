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

    public static readonly ErrorCode EntityUnknown = new(
        "ledger.entity.unknown",
        "Nothing in the ledger has that id, number or name.",
        "Give an id, or a kind with a number or name: 'scan 12'. Lists of the kind show what there is.");

    public static readonly ErrorCode EntityAmbiguous = new(
        "ledger.entity.ambiguous",
        "Several things in the ledger have that number or name.",
        "Give the id, or name the beamline.");

    public static readonly ErrorCode FilterInvalid = new(
        "ledger.filter.invalid",
        "A filter of the timeline or of an export cannot be read.",
        "Pages have 1 to 1000 entries; times are UTC as 2026-05-01T12:00:00Z; kinds are those that the message names.");

    public static readonly ErrorCode PersonUnknown = new(
        "ledger.person.unknown",
        "There is no person of that id.",
        "Name one that 'beamtime people ls' lists.");

    public static readonly ErrorCode PersonBuiltIn = new(
        "ledger.person.built_in",
        "The id stands for the program itself or for the operator at its machine, who are no persons.",
        "Forget the person who used it by that person's own id.");

    public static readonly ErrorCode ReasonMissing = new(
        "ledger.reason.missing",
        "No reason is given, or one that is too long.",
        "Say in up to 500 characters why; leave the name out, because the reason stays.");

    public static readonly ErrorCode KindUnknown = new(
        "ledger.kind.unknown",
        "The ledger has no such kind of stream.",
        "Name one of the kinds that the message lists.");
}
