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
        var (exit, findings) = await RunAsync(WriteSite(Motor), _folder["data"]);
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
        var site = WriteSite(Motor.Replace("enabled", "enabld", StringComparison.Ordinal));
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
        var site = WriteSite(Motor);
        await using var program = await RunningProgram.UpAsync(site, _folder["data"], Cancel);
        var (_, findings) = await RunAsync(site, _folder["data"]);
        Assert.Contains(findings, f => f is { What: "database's durability", State: "ok" });
        Assert.Contains(findings, f => f is { What: "database's migrations", State: "ok" });
        Assert.Contains(findings, f => f is { What: "database's clock", State: "ok" });
        Assert.Contains(findings, f => f.What == "data folder's lock" && f.Detail.StartsWith("held by process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_knows_how_old_the_newest_backup_is_and_warns_where_it_is_too_old_or_there_is_none()
    {
        var site = WriteSite(Motor);
        await using var program = await RunningProgram.UpAsync(site, _folder["data"], Cancel);
        var (_, findings) = await RunAsync(site, _folder["data"]);
        Assert.Equal("doctor.backup.none", Assert.Single(findings, f => f.What == "backup").Code);
        Directory.CreateDirectory(_folder["backups"]);
        var (made, output, error) = await RunningProgram.RunAsync(Cancel, "backup", _folder["backups"], "--site", site, "--data", _folder["data"]);
        Assert.True(made == 0, output + error);
        (_, findings) = await RunAsync(site, _folder["data"]);
        var found = Assert.Single(findings, f => f.What == "backup");
        Assert.Equal("ok", found.State);
        Assert.StartsWith("0.0 h old, " + _folder["backups"], found.Detail, StringComparison.Ordinal);
        (_, findings) = await RunAsync(site, _folder["data"], "--set", "database.backup_age=1ms");
        Assert.Equal("doctor.backup.old", Assert.Single(findings, f => f.What == "backup").Code);
        Directory.Delete(_folder["backups"], recursive: true);
        (_, findings) = await RunAsync(site, _folder["data"]);
        Assert.EndsWith("lies there no more", Assert.Single(findings, f => f.What == "backup").Detail, StringComparison.Ordinal);
        (_, findings) = await RunAsync(site, _folder["data"], "--set", "database.backup_age=0s");
        Assert.DoesNotContain(findings, f => f.What == "backup");
    }

    [Fact]
    public async Task Certificates_are_read_and_their_ends_told_before_they_come()
    {
        using TestAuthority authority = new();
        var site = WriteSite(Motor);
        var (soon, key) = authority.Issue("soon", ["localhost"], TimeSpan.FromDays(5));
        var (ended, endedKey) = authority.Issue("ended", ["localhost"], TimeSpan.FromDays(-1));
        File.SetUnixFileMode(endedKey, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await File.AppendAllTextAsync(
            Path.Combine(site, "beamtime.yaml"),
            $"api:\n  tls_certificate: {soon}\n  tls_key: {key}\n"
            + $"topics:\n  url: rediss://localhost:1\n  ca_file: {authority.CaFile}.gone\n  certificate_file: {ended}\n  key_file: {endedKey}\n"
            + "telemetry:\n  otlp_endpoint: http://127.0.0.1:1\n",
            Cancel);
        var (_, findings) = await RunAsync(site, _folder["data"]);
        Assert.Equal(("warn", "doctor.certificate.ends"), StateOf("certificate of REST"));
        Assert.Equal(("fail", "doctor.certificate.ended"), StateOf("certificate for Redis"));
        Assert.Equal(("fail", "doctor.certificate.key_open"), StateOf("key of the certificate for Redis"));
        Assert.Equal(("fail", "doctor.certificate.unusable"), StateOf("authorities for Redis"));
        Assert.Equal(("warn", "doctor.traces.unreachable"), StateOf("collector of traces"));
        Assert.DoesNotContain(findings, f => f.What == "key of REST's certificate");

        (string, string?) StateOf(string what)
        {
            var line = Assert.Single(findings, f => f.What == what);
            return (line.State, line.Code);
        }
    }

    [Fact]
    public async Task A_key_that_others_may_read_is_a_failure()
    {
        var site = WriteSite(Motor);
        File.SetUnixFileMode(Path.Combine(site, "secret"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var (exit, findings) = await RunAsync(site, _folder["data"]);
        Assert.Equal(1, exit);
        Assert.Equal("doctor.secret.open", Assert.Single(findings, f => f.State == "fail").Code);
    }

    [Fact]
    public async Task Redis_is_asked_where_one_is_set()
    {
        RedisServer.Demand();
        await using var redis = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        var settings = Path.Combine(WriteSite(Motor), "beamtime.yaml");
        var plain = await File.ReadAllTextAsync(settings, Cancel);
        await File.WriteAllTextAsync(settings, $"{plain}topics:\n  url: {redis.TcpUrl}\n", Cancel);
        var (_, findings) = await RunAsync(_folder["site"], _folder["data"]);
        Assert.Contains(findings, f => f is { What: "Redis", State: "ok" });
        Assert.Contains(findings, f => f is { What: "Redis", State: "fail" } && f.Detail.Contains("allkeys-lru", StringComparison.Ordinal));
        await File.WriteAllTextAsync(settings, $"{plain}topics:\n  url: redis://127.0.0.1:1\n", Cancel);
        (_, findings) = await RunAsync(_folder["site"], _folder["data"]);
        Assert.Equal("redis.unreachable", Assert.Single(findings, f => f.What == "Redis").Code);
    }

    private string WriteSite(string devices)
    {
        var site = RunningHost.WriteSite(_folder["site"], devices);
        if (File.Exists(Path.Combine(site, "secret")))
        {
            File.SetUnixFileMode(Path.Combine(site, "secret"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return site;
    }

    private static async Task<(int Exit, IReadOnlyList<Line> Findings)> RunAsync(string site, string data, params string[] more)
    {
        var (exit, output, error) = await RunningProgram.RunAsync(
            Cancel, ["doctor", "--site", site, "--data", data, "--set", "api.port=0", "--json", .. more]);
        Assert.True(output.StartsWith('{'), output + error);
        using var json = JsonDocument.Parse(output);
        return (exit, [.. json.RootElement.GetProperty("findings").EnumerateArray().Select(f => new Line(
            Text(f, "what")!, Text(f, "state")!, Text(f, "detail")!, Text(f, "code"), Text(f, "remedy")))]);
    }

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var text) ? text.GetString() : null;

    private sealed record Line(string What, string State, string Detail, string? Code, string? Remedy);
}
