using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>What can be wrong with the metadata of scans.</summary>
internal static class MetadataErrors
{
    /// <summary>A key that no file may have.</summary>
    public static readonly ErrorCode Key = new(
        "scan.metadata.key",
        "A key of metadata is empty, too long, or has a character that names in files cannot have.",
        "Use a name of up to 64 characters without / and without control characters.");

    /// <summary>More than a context may hold.</summary>
    public static readonly ErrorCode Large = new(
        "scan.metadata.large",
        "The metadata that are to go with every scan are larger, or the contexts one in another are more, than is allowed.",
        "Leave contexts that are over; keep large metadata in a file and name that file.");

    /// <summary>A field that must be there.</summary>
    public static readonly ErrorCode Missing = new(
        "scan.metadata.missing",
        "The facility demands a field of metadata for this scan, and neither the request nor a context has it.",
        "Give it with --metadata, or for all scans to come with 'beamtime metadata set'; 'beamtime metadata fields' lists what is demanded.");

    /// <summary>A value that does not fit.</summary>
    public static readonly ErrorCode Invalid = new(
        "scan.metadata.invalid",
        "A field of metadata has a value that the facility does not allow for it.",
        "Give a value that fits; 'beamtime metadata fields' shows types, ranges and choices.");

    /// <summary>A key that nobody declared.</summary>
    public static readonly ErrorCode Undeclared = new(
        "scan.metadata.undeclared",
        "The facility allows declared fields of metadata only, and this is none of them.",
        "Use a declared field: 'beamtime metadata fields'.");

    /// <summary>No such context.</summary>
    public static readonly ErrorCode UnknownContext = new(
        "scan.context.unknown",
        "No context of that name stands; its time may be over.",
        "List the contexts with 'beamtime metadata show'.");

    /// <summary>A name that is taken.</summary>
    public static readonly ErrorCode ContextTaken = new(
        "scan.context.taken",
        "A context of that name stands already.",
        "Leave it first, set values in it with 'beamtime metadata set --context', or take another name.");

    /// <summary>A name or a time that cannot be.</summary>
    public static readonly ErrorCode ContextInvalid = new(
        "scan.context.invalid",
        "A context has no usable name, no end in the future, or nobody for whom it is to stand.",
        "Name it with letters, digits, _ and -; give an end that is to come; for an account, name the account.");
}
