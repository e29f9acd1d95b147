using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>Starts that must be refused, each with its code and with nothing half done.</summary>
public sealed class StartTests : IDisposable
{
    private const string Motor = "samx: {deviceClass: simulated.positioner, enabled: true, readoutPriority: baseline}\n";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("start");

    public void Dispose()
    {
        if (Directory.Exists(_folder["closed"]))
        {
            File.SetUnixFileMode(_folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task A_device_file_of_20000_brackets_is_refused_and_no_data_folder_is_made()
    {
        var refused = await RefusalAsync("samx: " + new string('[', 20_000), _folder["data"]);
        Assert.Contains("depth", refused.Code, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task An_unknown_key_of_a_device_is_refused_and_no_data_folder_is_made()
    {
        var refused = await RefusalAsync(Motor.Replace("enabled", "enabld", StringComparison.Ordinal), _folder["data"]);
        Assert.Equal("device.configuration.invalid", refused.Code);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task A_data_folder_without_rights_is_refused()
    {
        Directory.CreateDirectory(_folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var refused = await RefusalAsync(Motor, Path.Combine(_folder["closed"], "data"));
        Assert.Equal("database.folder.rights", refused.Code);
        Assert.NotEqual("", refused.Remedy);
    }

    private async Task<Reason> RefusalAsync(string devices, string data)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(async () =>
        {
            var launch = RunningHost.Launch(RunningHost.WriteSite(_folder["site"], devices), data);
            await using var host = await BeamtimeHost.StartAsync(launch, TestContext.Current.CancellationToken);
        });
        return refused.Reasons[0];
    }
}
