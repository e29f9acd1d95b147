using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Beamtime.Control.Devices;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime device</c>: look at devices and set them.</summary>
internal static class DeviceCommands
{
    private static readonly Argument<string> Device = new("device") { Description = "Name of the device." };
    private static readonly Argument<string> Address = new("device") { Description = "The device, or device.signal." };
    private static readonly Argument<string> Target = new("value") { Description = "A number, true, false or a text." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("device", "Look at devices and set them.")
    {
        CommandRun.OnServer(new Command("ls", "List the devices."), ListAsync),
        CommandRun.OnServer(new Command("get", "Read a device now.") { Device }, GetAsync),
        CommandRun.OnServer(new Command("set", "Set a device and wait until it is there.") { Address, Target }, SetAsync),
        CommandRun.OnServer(new Command("stop", "Stop a device at once.") { Device }, StopAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var devices = await client.GetAsync<DeviceAnswer[]>("devices", cancel);
        return run.Print(devices, console =>
        {
            var table = new Table().AddColumns("device", "value", "read", "class", "note").SimpleBorder();
            foreach (var device in devices)
            {
                var main = device.Signals.FirstOrDefault(s => s.Value is not null);
                table.AddRow(
                    Markup.Escape(device.Name),
                    Markup.Escape(main is null ? "" : $"{main.Value} {main.Unit}"),
                    device.ReadoutPriority.ToString().ToLowerInvariant(),
                    Markup.Escape(device.DeviceClass),
                    Markup.Escape(device.Reason?.Message ?? (device.UsedByScan is { } scan ? $"used by S{scan:D5}" : "")));
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> GetAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var device = await client.GetAsync<DeviceAnswer>(
            $"devices/{BeamtimeClient.Part(run.Arguments.GetValue(Device)!)}", cancel);
        return run.Print(device, console => Print(device, console));
    }

    private static async Task<ExitCode> SetAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var parts = run.Arguments.GetValue(Address)!.Split('.', 2);
        var device = await client.PostAsync<DeviceAnswer>(
            $"devices/{BeamtimeClient.Part(parts[0])}/set",
            new DeviceSetRequest { Value = ValueOf(run.Arguments.GetValue(Target)!), Signal = parts.ElementAtOrDefault(1) },
            cancel);
        return run.Print(device, console => Print(device, console));
    }

    private static async Task<ExitCode> StopAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var failed = await client.PostAsync<Reason[]>(
            $"devices/{BeamtimeClient.Part(run.Arguments.GetValue(Device)!)}/stop", new { }, cancel);
        return failed.Length > 0
            ? throw new FaultException(failed[0])
            : run.Print(new { stopped = true }, console => console.WriteLine("stopped"));
    }

    private static void Print(DeviceAnswer device, IAnsiConsole console)
    {
        var about = $"{device.Name}  {device.DeviceClass}  {device.Description}";
        console.WriteLine(about.TrimEnd());
        if (device.Reason is { } reason)
        {
            console.WriteLine($"cannot be used: {reason.Message}");
        }

        var table = new Table().AddColumns("signal", "value", "unit", "kind", "limits", "at").SimpleBorder();
        foreach (var signal in device.Signals)
        {
            table.AddRow(
                Markup.Escape(signal.Name),
                Markup.Escape(signal.Value?.ToString() ?? ""),
                Markup.Escape(signal.Unit ?? ""),
                signal.Kind.ToString().ToLowerInvariant() + (signal.IsSettable ? ", settable" : ""),
                Limits(signal),
                signal.At is null ? "" : $"{signal.At:HH:mm:ss.fff}");
        }

        console.Write(table);
    }

    private static string Limits(SignalAnswer signal) => (signal.Low, signal.High) switch
    {
        (null, null) => "",
        ({ } low, null) => string.Create(CultureInfo.InvariantCulture, $"from {low}"),
        (null, { } high) => string.Create(CultureInfo.InvariantCulture, $"up to {high}"),
        ({ } low, { } high) => string.Create(CultureInfo.InvariantCulture, $"{low} to {high}"),
    };

    private static JsonElement ValueOf(string text) => text switch
    {
        "true" or "false" => JsonSerializer.SerializeToElement(text == "true"),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => JsonSerializer.SerializeToElement(number),
        _ => JsonSerializer.SerializeToElement(text),
    };
}
