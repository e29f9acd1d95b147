using Beamtime.Control.Scans.Metadata;
using Beamtime.Core.Ledger;

namespace Beamtime.Tests.Scans.Metadata;

/// <summary>What becomes of contexts one in another.</summary>
public sealed class MetadataRecordTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_context_whose_time_is_over_takes_those_inside_it_along()
    {
        var record = Folded(
            (0, new MetadataSet("2-bm", MetadataScope.Person, "a", "", Values("sample_name", "quartz"), [])),
            (1, new MetadataEntered("2-bm", MetadataScope.Person, "a", "shift", Values("comment", "night"), Start.AddMinutes(10))),
            (2, new MetadataEntered("2-bm", MetadataScope.Person, "a", "align", Values("comment", "coarse"))));
        Assert.Equal(["", "shift", "align"], record.Standing(Start.AddMinutes(9)).Select(c => c.Name));
        Assert.Equal([""], record.Standing(Start.AddMinutes(10)).Select(c => c.Name));

        record = Folded(record, 11, new MetadataEntered("2-bm", MetadataScope.Person, "a", "day", Values("comment", "light")));
        Assert.Equal(["", "day"], record.Contexts.Select(c => c.Name));
    }

    [Fact]
    public void Who_leaves_a_context_leaves_those_inside_it()
    {
        var record = Folded(
            (0, new MetadataEntered("2-bm", MetadataScope.Person, "a", "one", Values("k", "1"))),
            (1, new MetadataEntered("2-bm", MetadataScope.Person, "a", "two", Values("k", "2"))),
            (2, new MetadataEntered("2-bm", MetadataScope.Person, "a", "three", Values("k", "3"))),
            (3, new MetadataLeft("2-bm", MetadataScope.Person, "a", "two")));
        Assert.Equal(["", "one"], record.Contexts.Select(c => c.Name));
    }

    [Fact]
    public void Values_of_a_context_are_set_and_removed_in_it_alone()
    {
        var record = Folded(
            (0, new MetadataSet("2-bm", MetadataScope.Beamline, "", "", new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }, [])),
            (1, new MetadataEntered("2-bm", MetadataScope.Beamline, "", "inner", Values("a", "3"))),
            (2, new MetadataSet("2-bm", MetadataScope.Beamline, "", "", Values("c", "4"), ["a"])));
        Assert.Equal([("b", "2"), ("c", "4")], record.Contexts[0].Values.Select(v => (v.Key, v.Value)).Order());
        Assert.Equal([("a", "3")], record.Contexts[1].Values.Select(v => (v.Key, v.Value)));
    }

    [Fact]
    public void The_innermost_value_wins_and_an_empty_one_hides()
    {
        var merged = MetadataBook.Merged(
        [
            Values("sample_name", "quartz"), new Dictionary<string, string> { ["comment"] = "night", ["sample_name"] = "" }, Values("comment", "day"),
        ]);
        Assert.Equal([("comment", "day")], merged.Select(v => (v.Key, v.Value)));
    }

    private static Dictionary<string, string> Values(string key, string value) => new() { [key] = value };

    private static MetadataRecord Folded(params (int Minute, MetadataEntry Entry)[] entries) => entries.Aggregate(
        (MetadataRecord?)null, (record, entry) => Folded(record, entry.Minute, entry.Entry))!;

    private static MetadataRecord Folded(MetadataRecord? record, int minute, MetadataEntry entry) => MetadataRecord.Kind.Fold(
        record, new Entry<MetadataEntry>("x", 1, entry, Why.BySystem("", ""), Start.AddMinutes(minute)));
}
