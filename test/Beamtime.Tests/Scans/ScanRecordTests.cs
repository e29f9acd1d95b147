using System.Text.Json;
using Beamtime.Control.Scans;

namespace Beamtime.Tests.Scans;

/// <summary>A frozen sample of each entry as each version wrote it: what was written stays readable.</summary>
public sealed class ScanRecordTests
{
    private const string Request =
        """
        {"scan":"line","args":["samx","-5","5"],"parameters":{"steps":"51"},"metadata":{"title":"t"}}
        """;

    private const string Reason =
        """
        {"code":"scan.aborted","message":"Aborted by request.","remedy":"Submit it again.","retry":"Never"}
        """;

    [Fact]
    public void Admitted_1()
    {
        var entry = Read(
            $$"""{"beamline":"2-bm","number":12,"queue":"primary","request":{{Request}}}""", ScanJson.Default.ScanAdmitted);
        Assert.Equal(("2-bm", 12, "primary", "line"), (entry.Beamline, entry.Number, entry.Queue, entry.Request.Scan));
        Assert.Equal(["samx", "-5", "5"], entry.Request.Args);
        Assert.Equal("51", entry.Request.Parameters["steps"]);
        Assert.Equal("t", entry.Request.Metadata["title"]);
    }

    [Fact]
    public void Started_1() => Assert.Equal(
        new ScanStarted("/data/S00001", "S00012", 51),
        Read("""{"folder":"/data/S00001","file_prefix":"S00012","planned_points":51}""", ScanJson.Default.ScanStarted));

    [Fact]
    public void Paused_1() => Assert.Equal(new ScanPaused(7), Read("""{"points":7}""", ScanJson.Default.ScanPaused));

    [Fact]
    public void Resumed_1() => Assert.Equal(new ScanResumed(), Read("{}", ScanJson.Default.ScanResumed));

    [Fact]
    public void Ended_1()
    {
        var entry = Read($$"""{"state":"Aborted","points":7,"reasons":[{{Reason}}]}""", ScanJson.Default.ScanEnded);
        Assert.Equal((ScanState.Aborted, 7), (entry.State, entry.Points));
        Assert.Equal(("scan.aborted", "Aborted by request."), (entry.Reasons[0].Code, entry.Reasons[0].Message));
    }

    // What is written today is what the sample says, key by key.
    private static T Read<T>(string sample, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var entry = JsonSerializer.Deserialize(sample, type)!;
        using var expected = JsonDocument.Parse(sample);
        using var written = JsonDocument.Parse(JsonSerializer.Serialize(entry, type));
        Assert.True(
            JsonElement.DeepEquals(expected.RootElement, written.RootElement),
            $"{written.RootElement.GetRawText()} was written, the sample is {sample}");
        return entry;
    }
}
