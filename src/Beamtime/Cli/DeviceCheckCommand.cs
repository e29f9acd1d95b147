using System.CommandLine;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Control.Plugins;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Cli;

/// <summary><c>beamtime config devices check</c>: everything that is wrong with a device file, without a server.</summary>
internal static class DeviceCheckCommand
{
    private static readonly Argument<string> File = new("file") { Description = "A file in the form of devices.yaml." };
    private static readonly Option<bool> Connect = new("--connect")
    {
        Description = "Connect the devices as well, each within its connectionTimeout; not while a server uses them.",
    };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        new Command("check", "Look for everything that is wrong with a device file; needs no server.") { File, Connect }, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        var options = new DeviceOptions();
        var plugins = PluginShelf.Open([Path.Combine(AppContext.BaseDirectory, "plugins")], static _ => [], TimeProvider.System);
        var check = new DeviceFileCheck(
            new DeviceFactory(() => plugins.Current.Registry, options, TimeProvider.System), options, TimeProvider.System);
        var found = await check.LookAsync(
            run.Arguments.GetValue(File)!, run.Arguments.GetValue(Connect) ? NullLogger<DeviceRoster>.Instance : null, cancel);
        run.Print(found, console =>
        {
            foreach (var mistake in found.Mistakes)
            {
                run.Say($"{(mistake.Place is { } place ? $"{place}: " : "")}{mistake.Reason.Message}");
            }

            foreach (var warning in found.Warnings)
            {
                run.Say($"warning: {warning}");
            }

            run.Say($"{found.Devices} devices in {found.Files.Count} files: {(found.Mistakes.Count == 0 ? "nothing is wrong" : $"{found.Mistakes.Count} mistakes")}");
        });
        return found.Mistakes.Count > 0 ? ExitCode.Refused : found.Warnings.Count > 0 ? ExitCode.Warned : ExitCode.Done;
    }
}
