using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
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

    private static readonly Argument<string> Method = new("method") { Description = "Name of the method." };
    private static readonly Argument<string[]> Given = new("argument") { Description = "Values in order, or name=value.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Argument<double?> Low = new("low") { Description = "Lowest target.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<double?> High = new("high") { Description = "Highest target.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string[]> Watched = new("device") { Description = "Names of devices; none for all.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Argument<string[]> Stopped = new("device") { Description = "Names of devices; none for all that are not read only.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> Cached = new("--cached") { Description = "Take the last reading, without asking the device." };
    private static readonly Option<bool> Owned = new("--owned") { Description = "Stop only devices that a scan uses." };

    /// <summary><c>beamtime stop</c>.</summary>
    public static Command CreateStop() => CommandRun.OnServer(
        new Command("stop", "Stop devices at once, whoever uses them: all, or those named.") { Stopped, Owned }, StopManyAsync);

    /// <summary>The command with its verbs.</summary>
    public static Command Create()
    {
        var command = new Command("device", "Look at devices, set them and change which there are.");
        foreach (var verb in Verbs().Concat(DeviceConfigurationCommands.OfDevices()))
        {
            command.Add(verb);
        }

        return command;
    }

    private static IEnumerable<Command> Verbs() =>
    [
        CommandRun.OnServer(new Command("ls", "List the devices."), ListAsync),
        CommandRun.OnServer(new Command("get", "Read a device or one of its signals now.") { Address, Cached }, GetAsync),
        CommandRun.OnServer(new Command("set", "Set a device and wait until it is there.") { Address, Target }, SetAsync),
        CommandRun.OnServer(new Command("stop", "Stop a device at once.") { Device }, StopAsync),
        CommandRun.OnServer(new Command("describe", "Show what a device is: signals, limits, choices and methods.") { Device }, DescribeAsync),
        CommandRun.OnServer(new Command("call", "Call a method of a device.") { Device, Method, Given }, CallAsync),
        CommandRun.OnServer(new Command("limits", "Show or change the limits of a device; changed ones are kept in the configuration.") { Device, Low, High }, LimitsAsync),
        CommandRun.OnServer(new Command("watch", "Follow readings as they change, until interrupted.") { Watched }, WatchAsync),
    ];

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
        var parts = run.Arguments.GetValue(Address)!.Split('.', 2);
        var path = $"devices/{BeamtimeClient.Part(parts[0])}";
        var how = run.Arguments.GetValue(Cached) ? "?cached=true" : "";
        if (parts is [_, var name])
        {
            var signal = await client.GetAsync<SignalAnswer>($"{path}/signals/{BeamtimeClient.Part(name)}{how}", cancel);
            return run.Print(signal, console => console.WriteLine($"{signal.Choice ?? signal.Value?.ToString()} {signal.Unit}".TrimEnd()));
        }

        var device = await client.GetAsync<DeviceAnswer>(path + how, cancel);
        return run.Print(device, console => Print(device, console));
    }

    private static async Task<ExitCode> StopManyAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var named = run.Arguments.GetValue(Stopped) ?? [];
        var answer = await client.PostAsync<DeviceStopAnswer>(
            "devices/stop",
            new DeviceStopRequest { Devices = named.Length > 0 ? named : null, Owned = run.Arguments.GetValue(Owned) },
            cancel);
        run.Print(answer, console =>
        {
            console.WriteLine($"stopped {answer.Stopped.Count} devices{(answer.Stopped.Count is > 0 and <= 10 ? ": " + string.Join(", ", answer.Stopped) : "")}");
            foreach (var failed in answer.Failed)
            {
                console.WriteLine(failed.Message);
            }
        });
        return answer.Failed.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    private static async Task<ExitCode> DescribeAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var device = await client.GetAsync<DeviceDescriptor>(
            $"devices/{BeamtimeClient.Part(run.Arguments.GetValue(Device)!)}/description", cancel);
        return run.Print(device, console =>
        {
            console.WriteLine($"{device.Name}  {device.DeviceClass}  {device.Base}, {device.Ownership.ToString().ToLowerInvariant()}  {device.Description}".TrimEnd());
            var table = new Table().AddColumns("signal", "kind", "type", "unit", "limits", "meaning").SimpleBorder();
            foreach (var signal in device.Signals)
            {
                table.AddRow(
                    Markup.Escape(signal.Address),
                    signal.Kind.ToString().ToLowerInvariant() + (signal.IsSettable ? ", settable" : ""),
                    signal.Choices is { } choices ? Markup.Escape(string.Join(" | ", choices)) : signal.Type.ToString().ToLowerInvariant(),
                    Markup.Escape(signal.Unit ?? ""),
                    LimitsOf(signal.Low, signal.High),
                    Markup.Escape(signal.Description));
            }

            console.Write(table);
            foreach (var method in device.Methods)
            {
                var parameters = (method.Parameters ?? []).Select(p => $"{p.Name}{(p.Default is { } usual ? "=" + usual : "")}{(p.Unit is { } unit ? " [" + unit + "]" : "")}");
                console.WriteLine($"{method.Name}({string.Join(", ", parameters)})  {(method.IsMutating ? "changes the device: " : "")}{method.Description}");
            }
        });
    }

    private static async Task<ExitCode> CallAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        List<JsonElement> arguments = [];
        Dictionary<string, JsonElement> named = new(StringComparer.Ordinal);
        foreach (var given in run.Arguments.GetValue(Given) ?? [])
        {
            if (given.Split('=', 2) is [var name, var value] && name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                named[name] = ValueOf(value);
            }
            else
            {
                arguments.Add(ValueOf(given));
            }
        }

        var answer = await client.PostAsync<DeviceCallAnswer>(
            $"devices/{BeamtimeClient.Part(run.Arguments.GetValue(Device)!)}/call/{BeamtimeClient.Part(run.Arguments.GetValue(Method)!)}",
            new DeviceCallRequest { Arguments = arguments, Named = named },
            cancel);
        return run.Print(answer, console => console.WriteLine($"{answer.Value?.ToString() ?? "done"} {answer.Unit}".TrimEnd()));
    }

    private static async Task<ExitCode> LimitsAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var name = run.Arguments.GetValue(Device)!;
        if (run.Arguments.GetValue(Low) is { } low)
        {
            var high = run.Arguments.GetValue(High) ?? throw new RefusedException(CliErrors.Argument.Because("Give the lowest and the highest target."));
            var devices = new JsonObject { [name] = new JsonObject { ["deviceConfig"] = new JsonObject { ["limits"] = new JsonArray(low, high) } } };
            await client.PostAsync<Beamtime.Control.Devices.Configuration.ConfigurationAnswer>(
                "device-configuration/update", new { devices, reason = "limits" }, cancel);
        }

        var device = await client.GetAsync<DeviceDescriptor>($"devices/{BeamtimeClient.Part(name)}/description", cancel);
        var main = device.Signals.FirstOrDefault(s => device.Hints.Contains(s.Name));
        return run.Print(new { low = main?.Low, high = main?.High, unit = main?.Unit }, console =>
            console.WriteLine(main is { } found && LimitsOf(found.Low, found.High) is { Length: > 0 } limits ? $"{limits} {found.Unit}".TrimEnd() : "no limits"));
    }

    private static async Task<ExitCode> WatchAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var names = (run.Arguments.GetValue(Watched) ?? []).Select(n => "device=" + BeamtimeClient.Part(n)).ToList();
        await client.FollowAsync<DeviceEvent>(
            "device-events" + (names.Count > 0 ? "?" + string.Join('&', names) : ""),
            () => { },
            told =>
            {
                if (told.Signal.Length == 0)
                {
                    return;
                }

                if (run.IsJson)
                {
                    CommandRun.PrintJson(told);
                }
                else
                {
                    run.Say(string.Create(CultureInfo.InvariantCulture, $"{told.At:HH:mm:ss.fff}  {told.Device}.{told.Signal}  {told.Value} {told.Unit}").TrimEnd());
                }
            },
            cancel);
        return ExitCode.Done;
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

    private static string Limits(SignalAnswer signal) => LimitsOf(signal.Low, signal.High);

    private static string LimitsOf(double? lowest, double? highest) => (lowest, highest) switch
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
