using System.Text.Json;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Doctor;

/// <summary>The doctor as a user calls it, on folders that are well and on ones that are not.</summary>
public sealed class DoctorTests : IDisposable
{
    private const string Motor = "samx: {deviceClass: simulated.positioner, enabled: true, readoutPriority: baseline}\n";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("doctor");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_machine_that_is_well_has_no_failure_and_nothing_is_made()
    {
        var (exit, findings) = await RunAsync(RunningHost.WriteSite(_folder["site"], Motor), _folder["data"]);
        Assert.True(exit is 0 or 5, JsonSerializer.Serialize(findings));
        Assert.DoesNotContain(findings, f => f.State == "fail");
        Assert.False(Directory.Exists(_folder["data"]));
        foreach (var what in new[] { "settings", "plugins", "devices.yaml", "data folder", "PostgreSQL", "private cluster", "Redis", "HDF5", "limit of open files", "clock" })
        {
            Assert.Contains(findings, f => f.What == what);
        }

        Assert.All(findings.Where(f => f.State != "ok"), f => Assert.False(string.IsNullOrEmpty(f.Code) || string.IsNullOrEmpty(f.Remedy)));
    }

    [Fact]
    public async Task A_mistake_in_the_settings_and_in_the_devices_is_a_failure_with_its_code()
    {
        var site = RunningHost.WriteSite(_folder["site"], Motor.Replace("enabled", "enabld", StringComparison.Ordinal));
        var (exit, findings) = await RunAsync(site, _folder["data"]);
        Assert.Equal(1, exit);
        Assert.Contains(findings, f => f is { What: "devices.yaml", State: "fail", Code: "device.configuration.invalid" });
        await File.WriteAllTextAsync(Path.Combine(site, "beamtime.yaml"), "scanz:\n  beamline: x\n", Cancel);
        (exit, findings) = await RunAsync(site, _folder["data"]);
        Assert.Equal(1, exit);
        Assert.Contains(findings, f => f is { What: "settings", State: "fail", Code: "settings.key.unknown" });
    }

    [Fact]
    public async Task Beside_a_running_program_it_asks_its_database()
    {
        var site = RunningHost.WriteSite(_folder["site"], Motor);
        await using var program = await RunningProgram.UpAsync(site, _folder["data"], Cancel);
        var (_, findings) = await RunAsync(site, _folder["data"]);
        Assert.Contains(findings, f => f is { What: "database's durability", State: "ok" });
        Assert.Contains(findings, f => f is { What: "database's migrations", State: "ok" });
        Assert.Contains(findings, f => f is { What: "database's clock", State: "ok" });
        Assert.Contains(findings, f => f.What == "data folder's lock" && f.Detail.StartsWith("held by process", StringComparison.Ordinal));
    }

    private static async Task<(int Exit, IReadOnlyList<Line> Findings)> RunAsync(string site, string data)
    {
        var (exit, output, error) = await RunningProgram.RunAsync(Cancel, "doctor", "--site", site, "--data", data, "--set", "api.port=0", "--json");
        Assert.True(output.StartsWith('{'), output + error);
        using var json = JsonDocument.Parse(output);
        return (exit, [.. json.RootElement.GetProperty("findings").EnumerateArray().Select(f => new Line(
            Text(f, "what")!, Text(f, "state")!, Text(f, "detail")!, Text(f, "code"), Text(f, "remedy")))]);
    }

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var text) ? text.GetString() : null;

    private sealed record Line(string What, string State, string Detail, string? Code, string? Remedy);
}
