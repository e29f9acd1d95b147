using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Roles;
using Beamtime.Tests.House;

namespace Beamtime.Tests.Ledger;

/// <summary>
/// A sample of every type and version of entry that was ever written lies in <c>Samples/</c> and reads, today, into the state
/// that was frozen with it. With <c>APPROVE=1</c> missing samples are written, and the states of kinds whose fold has a new
/// version; an entry that was frozen is never written again.
/// </summary>
[Trait("Category", "Approval")]
public sealed class FrozenSampleTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };
    private static readonly string Folder = Path.Combine(Repository.Root, "test/Beamtime.Tests/Ledger/Samples");
    private static readonly bool IsApproving = EnvironmentVariables.OfProcess()["APPROVE"] is not null;

    [Fact]
    public void Every_type_and_version_has_a_sample_that_reads_as_it_did()
    {
        List<string> wrong = [];
        foreach (var kind in BeamtimeHost.StreamKinds.All)
        {
            wrong.AddRange(kind.Known.Select(known => Check(kind, known.Type, known.Version)).OfType<string>());
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_sample_is_of_a_type_and_version_that_can_be_read()
    {
        var known = BeamtimeHost.StreamKinds.All
            .SelectMany(kind => kind.Known).Select(type => Name(type.Type, type.Version)).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(Folder, "*.json"), file => !known.Contains(Path.GetFileName(file)));
    }

    [Fact]
    public void Every_kind_has_words_for_the_timeline_and_says_them_of_every_sample()
    {
        foreach (var kind in BeamtimeHost.StreamKinds.All)
        {
            Assert.True(kind.HasWords, $"the kind {kind.Name} has no words for its entries");
            foreach (var (type, version) in kind.Known)
            {
                var words = kind.Tell(Stream(kind.Name, Sample(type, version)!)[^1]);
                Assert.NotEmpty(words.Line);
                Assert.All(words.Details, detail => Assert.NotEmpty(detail.Name));
            }
        }
    }

    private static string? Check(StreamKind kind, string type, int version)
    {
        if (Sample(type, version) is null)
        {
            if (!IsApproving)
            {
                return $"{Name(type, version)} is missing: give it a place in EntryExamples, then `make docs`";
            }

            var life = EntryExamples.ByKind[kind.Name];
            var place = life.Select((entry, i) => (entry, i)).Where(e => e.entry.Type == type && e.entry.Version == version)
                .Select(e => (int?)e.i).FirstOrDefault();
            if (place is not { } index)
            {
                return $"{Name(type, version)} is missing, and no example of {kind.Name} writes it";
            }

            Write(Name(type, version), new JsonObject
            {
                ["kind"] = kind.Name,
                ["entries"] = new JsonArray([.. life.Take(index + 1).Select(entry => (JsonNode)new JsonObject
                {
                    ["type"] = entry.Type,
                    ["type_version"] = entry.Version,
                    ["data"] = JsonNode.Parse(entry.Data),
                })]),
            });
        }

        var (document, _) = kind.Fold(Stream(kind.Name, Sample(type, version)!));
        var stateName = Path.Combine("States", Name(type, version));
        var state = Read(stateName);
        if (IsApproving && (short?)state?["fold_version"] != kind.FoldVersion)
        {
            Write(stateName, state = new JsonObject { ["fold_version"] = kind.FoldVersion, ["state"] = JsonNode.Parse(document) });
        }

        return state switch
        {
            null => $"{stateName} is missing; `make docs` writes it",
            _ when (short)state["fold_version"]! != kind.FoldVersion =>
                $"{stateName} is of fold version {state["fold_version"]}, now {kind.FoldVersion}; `make docs` writes it anew",
            _ when RecordDifference.PathsOf(state["state"]!.ToJsonString(), document) is { Count: > 0 } fields =>
                $"{Name(type, version)} reads into another state: {string.Join(", ", fields)}; raise the fold's version if that is meant",
            _ => null,
        };
    }

    private static List<RecordedEntry> Stream(string kind, JsonNode sample) =>
    [
        .. sample["entries"]!.AsArray().Select((entry, i) => new RecordedEntry(
            new LedgerCursor(1, 1, i),
            kind,
            "01900000-0000-7000-8000-000000000001",
            i + 1,
            (string)entry!["type"]!,
            (int)entry["type_version"]!,
            entry["data"]!.ToJsonString(),
            new Why(PersonId.LocalOperator, "sample", "sample"),
            new DateTimeOffset(2026, 1, 1, 12, 0, i, TimeSpan.Zero))),
    ];

    private static string Name(string type, int version) => $"{type}.{version}.json";

    private static JsonNode? Sample(string type, int version) => Read(Name(type, version));

    private static JsonNode? Read(string name)
    {
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
    }

    private static void Write(string name, JsonNode content)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content.ToJsonString(Indented) + "\n");
    }
}
