using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Beamtime.Core.Ledger;

/// <summary>What happens to a person's name. No entry holds the name.</summary>
internal abstract record PersonEntry;

/// <summary>The name was erased.</summary>
internal sealed record PersonForgotten : PersonEntry;

/// <summary>A person whose name was erased.</summary>
/// <param name="ForgottenAt">When, last, UTC.</param>
/// <param name="ForgottenBy">Who did it.</param>
internal sealed record PersonRecord(DateTimeOffset ForgottenAt, Guid ForgottenBy)
{
    /// <summary>The streams of people, by the person's id.</summary>
    public static readonly StreamKind<PersonRecord, PersonEntry> Kind = new(
        "person",
        foldVersion: 1,
        static (_, entry) => entry.Data is PersonForgotten
            ? new PersonRecord(entry.At, entry.Why.Who.Value)
            : throw new UnreachableException(),
        new EntryTypes<PersonEntry>().Add("person.forgotten", 1, PersonJson.Default.PersonForgotten),
        PersonJson.Default.PersonRecord,
        static _ => new RecordIndex(Status: "forgotten"),
        static _ => new EntryWords("the name was erased"));
}

/// <summary>A person with what the ledger holds of it.</summary>
/// <param name="Person">Id and name.</param>
/// <param name="Entries">Entries that name it as who did something.</param>
/// <param name="FirstAt">When the first was, UTC.</param>
/// <param name="LastAt">When the last was, UTC.</param>
internal sealed record PersonView(TimelinePerson Person, long Entries, DateTimeOffset? FirstAt, DateTimeOffset? LastAt);

/// <summary>A page of people.</summary>
/// <param name="Items">The people.</param>
/// <param name="Total">How many have names.</param>
/// <param name="Offset">People before the first of them.</param>
/// <param name="Limit">People on a page.</param>
internal sealed record PersonPage(IReadOnlyList<TimelinePerson> Items, long Total, int Offset, int Limit);

/// <summary>JSON of people.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PersonForgotten))]
[JsonSerializable(typeof(PersonRecord))]
internal sealed partial class PersonJson : JsonSerializerContext;
