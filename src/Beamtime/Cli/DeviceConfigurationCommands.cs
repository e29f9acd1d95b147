using System.CommandLine;
using System.Text.Json.Nodes;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>Changes which devices there are and how they are configured, on a server that runs.</summary>
internal static class DeviceConfigurationCommands
{
    private static readonly Argument<string> File = new("file") { Description = "A file in the form of devices.yaml." };
    private static readonly Argument<string> Device = new("device") { Description = "Name of the device." };
    private static readonly Argument<string[]> Devices = new("device") { Description = "Names of devices.", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string[]> AnyDevices = new("device") { Description = "Names of devices; none for all that failed.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Argument<string[]> Changes = new("change")
    {
        Description = "key=value, such as readOnly=true or deviceConfig.velocity=20; an empty value takes a key of deviceConfig or userParameter away.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Argument<int> Revision = new("revision") { Description = "Number of the configuration." };
    private static readonly Argument<int?> AnyRevision = new("revision") { Description = "Number of the configuration; the one in force by default.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the history.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> Yes = new("--yes") { Description = "Let all devices go." };

    private static readonly Option<bool> Split = new("--split")
    {
        Description = "Write a file a tag beside it, misc.yaml for devices without any, and includes of them into the file.",
    };

    private static readonly Option<string[]> Tags = new("--tag")
    {
        Description = "Split by these tags alone, the first that a device has; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The verbs of <c>beamtime device</c>.</summary>
    public static IEnumerable<Command> OfDevices() =>
    [
        CommandRun.OnServer(new Command("add", "Add the devices of a file.") { File, Reason }, (run, client, cancel) => FromFileAsync("add", run, client, cancel)),
        CommandRun.OnServer(new Command("remove", "Remove devices.") { Devices, Reason, Yes }, RemoveAsync),
        CommandRun.OnServer(new Command("update", "Change something about a device; taken back when it fails.") { Device, Changes, Reason }, UpdateAsync),
        CommandRun.OnServer(new Command("enable", "Enable devices and connect them.") { Devices, Reason }, (run, client, cancel) => EnableAsync(true, run, client, cancel)),
        CommandRun.OnServer(new Command("disable", "Disable devices.") { Devices, Reason }, (run, client, cancel) => EnableAsync(false, run, client, cancel)),
        CommandRun.OnServer(new Command("retry", "Connect devices that failed anew.") { AnyDevices, Reason }, RetryAsync),
        CommandRun.OnServer(new Command("reload", "Construct and connect all devices anew.") { Reason }, (run, client, cancel) => PlainAsync("reload", run, client, cancel)),
    ];

    /// <summary><c>beamtime config devices</c>.</summary>
    public static Command OfConfiguration()
    {
        var command = CommandRun.OnServer(
            new Command("devices", "The device configuration that is in force: revision, failed devices, a change under way."), StateAsync);
        command.Add(CommandRun.OnServer(new Command("show", "Print a configuration as a file.") { AnyRevision }, ShowAsync));
        command.Add(CommandRun.OnServer(
            new Command("set", "Put the devices of a file in the place of all that there are.") { File, Reason },
            (run, client, cancel) => FromFileAsync("set", run, client, cancel)));
        command.Add(CommandRun.OnServer(
            new Command("save", "Write the configuration in force into a file, or one a tag; comments and includes of another file are not kept.")
            {
                File, Split, Tags,
            },
            SaveAsync));
        command.Add(DeviceCheckCommand.Create());
        command.Add(CommandRun.OnServer(new Command("history", "List the configurations, newest first."), HistoryAsync));
        command.Add(CommandRun.OnServer(new Command("restore", "Bring an earlier configuration back.") { Revision, Reason, Yes }, RestoreAsync));
        command.Add(CommandRun.OnServer(new Command("reset", "Remove all devices.") { Reason, Yes }, (run, client, cancel) => PlainAsync("reset", run, client, cancel)));
        command.Add(CommandRun.OnServer(new Command("cancel", "Take back the change that is under way."), (run, client, cancel) => PlainAsync("cancel", run, client, cancel)));
        return command;
    }

    private static async Task<ExitCode> FromFileAsync(string verb, CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var path = run.Arguments.GetValue(File)!;
        if (!System.IO.File.Exists(path))
        {
            throw new RefusedException(CliErrors.Argument.Because($"There is no file {path}."));
        }

        // Read here: includes are files of this machine, and mistakes are told with their lines.
        var listing = ReadWithoutNeeds(path);
        return await SendAsync(verb, new { devices = DeviceEntryJson.Write(listing), reason = run.Arguments.GetValue(Reason) }, run, client, cancel);
    }

    // What is added may need what is there already.
    private static IReadOnlyList<DeviceEntry> ReadWithoutNeeds(string path)
    {
        List<Reason> reasons = [];
        var includes = new DeviceIncludes(reasons);
        includes.Read(path);
        List<DeviceEntry> entries = [.. includes.Entries.Select(e => DeviceEntryReader.Read(e, reasons)).OfType<DeviceEntry>()];
        return reasons.Count == 0 ? entries : throw new RefusedException(reasons);
    }

    private static Task<ExitCode> RemoveAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) => SendAsync(
        "remove",
        new { names = run.Arguments.GetValue(Devices), reason = run.Arguments.GetValue(Reason), confirm = run.Arguments.GetValue(Yes) },
        run,
        client,
        cancel);

    private static Task<ExitCode> RetryAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) => SendAsync(
        "retry", new { names = run.Arguments.GetValue(AnyDevices) ?? [], reason = run.Arguments.GetValue(Reason) }, run, client, cancel);

    private static Task<ExitCode> PlainAsync(string verb, CommandRun run, BeamtimeClient client, CancellationToken cancel) => SendAsync(
        verb,
        new { reason = verb == "cancel" ? "" : run.Arguments.GetValue(Reason), confirm = verb == "reset" && run.Arguments.GetValue(Yes) },
        run,
        client,
        cancel);

    private static Task<ExitCode> RestoreAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) => SendAsync(
        $"revisions/{run.Arguments.GetValue(Revision)}/restore",
        new { reason = run.Arguments.GetValue(Reason), confirm = run.Arguments.GetValue(Yes) },
        run,
        client,
        cancel);

    private static Task<ExitCode> EnableAsync(bool isEnabled, CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var devices = new JsonObject(run.Arguments.GetValue(Devices)!.Distinct().Select(
            d => KeyValuePair.Create(d, (JsonNode?)new JsonObject { ["enabled"] = isEnabled })));
        return SendAsync("update", new { devices, reason = run.Arguments.GetValue(Reason) }, run, client, cancel);
    }

    private static Task<ExitCode> UpdateAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var device = new JsonObject();
        foreach (var change in run.Arguments.GetValue(Changes)!)
        {
            if (change.Split('=', 2) is not [var key, var value])
            {
                throw new RefusedException(CliErrors.Argument.Because($"'{change}' is not key=value."));
            }

            var (into, name) = key.Split('.', 2) is [var first, var rest] ? (Inner(device, first), rest) : (device, key);
            into[name] = value.Length == 0 && into != device ? null : NodeOf(SafeYaml.Parse(value, change));
        }

        return SendAsync(
            "update",
            new { devices = new JsonObject { [run.Arguments.GetValue(Device)!] = device }, reason = run.Arguments.GetValue(Reason) },
            run,
            client,
            cancel);
    }

    private static JsonObject Inner(JsonObject device, string key)
    {
        if (device[key] is JsonObject inner)
        {
            return inner;
        }

        inner = [];
        device[key] = inner;
        return inner;
    }

    private static JsonNode? NodeOf(YamlNode node) => node switch
    {
        { IsNull: true } => null,
        YamlScalar { IsPlain: true, Text: "true" or "false" } flag => JsonValue.Create(flag.Text == "true"),
        YamlScalar scalar => JsonValue.Create(scalar.Text),
        YamlSequence list => new JsonArray([.. list.Items.Select(NodeOf)]),
        YamlMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key, NodeOf(e.Value)))),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static async Task<ExitCode> SendAsync(
        string verb, object body, CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var answer = await client.PostAsync<ConfigurationAnswer>($"device-configuration/{verb}", body, cancel);
        run.Print(answer, console =>
        {
            console.WriteLine($"configuration {answer.Revision} is in force");
            Say("added", answer.Added);
            Say("removed", answer.Removed);
            Say("changed", answer.Changed);
            foreach (var failed in answer.Failed)
            {
                console.WriteLine($"{failed.Device} cannot be used: {failed.Reason.Message}");
            }

            void Say(string what, IReadOnlyList<string> names)
            {
                if (names.Count > 0)
                {
                    console.WriteLine($"{what}: {string.Join(", ", names)}");
                }
            }
        });
        return answer.Failed.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    private static async Task<ExitCode> StateAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var view = await client.GetAsync<ConfigurationView>("device-configuration", cancel);
        return run.Print(view, console =>
        {
            console.WriteLine($"configuration {view.Revision}: {view.Devices.Count} devices, {view.Failed.Count} of them failed");
            if (view.UnderWay is { } change)
            {
                console.WriteLine($"configuration {change.Revision} is being made: {change.Index} of {change.Total} devices");
            }

            foreach (var failed in view.Failed)
            {
                console.WriteLine($"{failed.Device} cannot be used: {failed.Reason.Message}");
            }
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var view = await client.GetAsync<ConfigurationView>(
            run.Arguments.GetValue(AnyRevision) is { } revision ? $"device-configuration/revisions/{revision}" : "device-configuration", cancel);
        if (run.IsJson)
        {
            CommandRun.PrintJson(view);
        }
        else
        {
            await System.Console.Out.WriteAsync(DeviceYaml.Write(view.Devices, $"Device configuration {view.Revision}."));
        }

        return ExitCode.Done;
    }

    private static async Task<ExitCode> SaveAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var view = await client.GetAsync<ConfigurationView>("device-configuration", cancel);
        var path = run.Arguments.GetValue(File)!;
        var heading = $"Device configuration {view.Revision}.";
        var tags = run.Arguments.GetValue(Tags)!;
        IReadOnlyList<(string Name, string Text)> files = run.Arguments.GetValue(Split) || tags.Length > 0
            ? SplitConfiguration.Write(view.Devices, Path.GetFileName(path), tags, heading)
            : [(Path.GetFileName(path), DeviceYaml.Write(view.Devices, heading))];
        // The main file last: until then it includes what was there before.
        foreach (var (name, text) in files.Reverse())
        {
            var target = Path.Combine(Path.GetDirectoryName(path) ?? "", name);
            await System.IO.File.WriteAllTextAsync(target + ".tmp", text, cancel);
            System.IO.File.Move(target + ".tmp", target, overwrite: true);
        }

        run.Say($"{view.Devices.Count} devices of configuration {view.Revision} are in {string.Join(", ", files.Select(f => f.Name))}; comments and includes that were there are gone");
        return ExitCode.Done;
    }

    private static async Task<ExitCode> HistoryAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var revisions = await client.GetAsync<ConfigurationRevision[]>("device-configuration/revisions", cancel);
        return run.Print(revisions, console =>
        {
            var table = new Table().AddColumns("revision", "at", "state", "action", "devices", "who", "why").SimpleBorder();
            foreach (var revision in revisions)
            {
                table.AddRow(
                    $"{revision.Revision}",
                    $"{revision.MadeAt:yyyy-MM-dd HH:mm:ss}",
                    revision.State,
                    revision.Action,
                    $"{revision.Devices}",
                    $"{revision.Who}",
                    Markup.Escape(revision.Reason));
            }

            console.Write(table);
        });
    }
}
