using Beamtime.Roles;
using Beamtime.Sdk.Plugins;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>The commands that run roles, as processes.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("serve");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_process_without_the_api_takes_a_free_port_unless_one_is_set()
    {
        var site = RunningHost.WriteSite(_folder["ports"], "");
        var plain = HostLaunch.Read(site, configFile: null, [], new PluginRegistry());
        Assert.Equal(ApiOptions.UsualPort, (plain with { Roles = RoleSet.Of(Role.Api, Role.Worker) }).Api.Port);
        Assert.Equal(0, (plain with { Roles = RoleSet.Of(Role.Worker) }).Api.Port);
        var set = HostLaunch.Read(site, configFile: null, ["api.port=8760"], new PluginRegistry());
        Assert.Equal(8760, (set with { Roles = RoleSet.Of(Role.Worker) }).Api.Port);
    }

    [Theory]
    [InlineData("api,scheduler,worker", "", "serve")]
    [InlineData("api", "", "serve", "--worker", "false")]
    [InlineData("worker", "", "serve", "--roles", "worker")]
    [InlineData("scheduler,worker", "", "worker")]
    [InlineData("worker", "false", "worker")]
    public async Task Each_command_runs_its_roles(string roles, string schedulerEnabled, params string[] command)
    {
        var site = RunningHost.WriteSite(_folder["site"], "");
        var variables = new Dictionary<string, string> { ["BEAMPIPE_WORKER_SCHEDULER_ENABLED"] = schedulerEnabled };
        await using var program = await RunningProgram.RunAsync(site, _folder["data"], variables, Cancel, command);
        Assert.Equal(roles, program.Ready["roles"]!.GetValue<string>());
        await program.WaitAsync("ready", _ => true, Cancel);
        Assert.Equal(0, await program.StopAsync(Cancel));
    }
}
