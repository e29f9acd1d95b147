using System.Text;
using System.Text.Json.Nodes;
using Beamtime.Control.Recording;

namespace Beamtime.Tests.Recording;

/// <summary>How points become comma-separated values.</summary>
public sealed class PointTableTests
{
    [Fact]
    public async Task Short_rows_of_numbers_are_columns_and_long_ones_are_named()
    {
        Assert.Equal(
            "# scan: S00001 line\r\n"
            + "# left out: long, 65 values a point\r\n"
            + "# left out: camera, 2 x 3 values a point\r\n"
            + "point,timestamp [s],samx [mm],wave.short[0] [V],wave.short[1] [V],other.short,\"a \"\"b\"\"\"\r\n"
            + "0,1.5,0.1,1,2,-3,\"x,\ny\"\r\n"
            + "1,,,,,,\r\n",
            await WriteAsync(
                ["scan: S00001\nline"],
                [
                    new("samx", "samx", "mm"), new("wave", "short", "V", [2]), new("wave", "long", null, [65]), new("camera", "camera", null, [2, 3]),
                    new("other", "short", null), new("text", "a \"b\"", ""),
                ],
                [
                    new(0, 1.5, [0.1, new JsonArray(1.0, 2.0), null, null, -3, "x,\ny"]),
                    new(1, null, [null, null, null, null, null, null]),
                ]));
    }

    private static async Task<string> WriteAsync(string[] facts, PointColumn[] columns, PointRow[] rows)
    {
        using var output = new MemoryStream();
        var table = new PointTable(output);
        await table.BeginAsync(facts, columns, TestContext.Current.CancellationToken);
        await table.AddAsync(rows, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
