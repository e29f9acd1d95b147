using System.Text.Json;
using Beamtime.Control.Scans;

namespace Beamtime.Tests.Scans;

public sealed class ScanRequestTests
{
    [Fact]
    public void Arguments_may_be_texts_numbers_truth_values_and_lists()
    {
        var request = Read(
            """
            {"scan": "list", "args": ["samx", -5, 1e-3, [0, 1.50], true],
             "parameters": {"steps": 5, "relative": false, "regions": [[0, 1, 3]], "monitored": ["eiger"], "title": "x"},
             "metadata": {"run": 7, "tags": ["a"]}}
            """);
        Assert.Equal(["samx", "-5", "1e-3", "[0, 1.50]", "true"], request.Args);
        Assert.Equal(
            ["steps=5", "relative=false", "regions=[[0, 1, 3]]", """monitored=["eiger"]""", "title=x"],
            request.Parameters.Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(["run=7", """tags=["a"]"""], request.Metadata.Select(p => $"{p.Key}={p.Value}"));
    }

    [Fact]
    public void A_list_for_each_device_is_one_list() => Assert.Equal(
        ["samx", "-5", "5", "samy", "0", "1"], Read("""{"scan": "line", "args": {"samx": [-5, 5], "samy": [0, 1]}}""").Args);

    [Fact]
    public void What_is_recorded_is_read_again()
    {
        var request = Read("""{"scan": "line", "args": ["samx", 0, 1], "parameters": {"steps": 2}}""");
        var json = JsonSerializer.Serialize(request, ScanJson.Default.ScanRequest);
        Assert.Contains("""["samx","0","1"]""", json, StringComparison.Ordinal);
        Assert.Equal(request.Args, Read(json).Args);
        Assert.Equal(request.Parameters, Read(json).Parameters);
    }

    [Fact]
    public void Null_is_kept_until_it_is_refused_with_the_other_reasons()
    {
        var request = Read("""{"scan": "line", "args": [null], "parameters": {"steps": null}}""");
        Assert.Null(request.Args[0]);
        Assert.Null(request.Parameters["steps"]);
    }

    [Theory]
    [InlineData("""{"scan": "line", "args": 5}""")]
    [InlineData("""{"scan": "line", "args": [{"a": 1}]}""")]
    [InlineData("""{"scan": "line", "args": {"samx": 5}}""")]
    [InlineData("""{"scan": "line", "parameters": [1]}""")]
    [InlineData("""{"scan": "line", "parameters": {"a": {"b": 1}}}""")]
    [InlineData("""{"scan": "line", "parameters": {"a": 1, "a": 2}}""")]
    public void Other_shapes_are_malformed(string json) => Assert.Throws<JsonException>(() => Read(json));

    private static ScanRequest Read(string json) => JsonSerializer.Deserialize(json, ScanJson.Default.ScanRequest)!;
}
