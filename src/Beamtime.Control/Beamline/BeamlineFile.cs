using System.Collections.Frozen;
using Beamtime.Control.Devices;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Beamline;

/// <summary>Reads <c>beamline.yaml</c>; every mistake is reported at once, each with its line.</summary>
internal sealed class BeamlineFile
{
    private readonly List<Reason> _mistakes = [];
    private readonly DeviceBook _roster;

    private BeamlineFile(DeviceBook roster) => _roster = roster;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; an absent one describes nothing.</param>
    /// <param name="roster">The devices that it may name.</param>
    /// <exception cref="RefusedException">All mistakes in it.</exception>
    public static BeamlineDescription Read(string path, DeviceBook roster)
    {
        if (!File.Exists(path))
        {
            return BeamlineDescription.None;
        }

        var file = new BeamlineFile(roster);
        var description = YamlFields.Of(SafeYaml.Read(path), "beamline", BeamlineErrors.ConfigurationInvalid, file._mistakes)
            is { } root ? file.Read(root) : null;
        return file._mistakes.Count > 0 ? throw new RefusedException(file._mistakes) : description!;
    }

    private BeamlineDescription Read(YamlFields root)
    {
        var staleness = root.Time("staleness", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
        var poll = root.Time("poll", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        if (poll * 2 > staleness)
        {
            root.Wrong(root.Node, $"poll ({Duration.Format(poll)}) must be at most half of staleness ({Duration.Format(staleness)})");
        }

        WatchedSignal[] enclosures = [.. root.Entries("enclosures").Select(ReadEnclosure).OfType<WatchedSignal>()];
        WatchedSignal[] beam = [.. root.Entries("beam").Select(ReadBeam).OfType<WatchedSignal>()];
        var plans = root.Entries("plans")
            .Select(e => (e.Key, Needs: ReadPlan(e, enclosures)))
            .Where(p => p.Needs is not null)
            .ToFrozenDictionary(p => p.Key, p => p.Needs!);
        var writable = ReadWritable(root, [.. enclosures, .. beam]);
        StateDefinition[] states =
        [
            .. root.Entries("states").Select(e => ReadState(e, [.. enclosures, .. beam])).OfType<StateDefinition>(),
        ];
        var interlock = ReadInterlock(root);
        var rights = ReadRights(root);
        root.RefuseOthers();
        return new BeamlineDescription
        {
            Staleness = staleness,
            Poll = poll,
            Enclosures = enclosures,
            Beam = beam,
            Plans = plans,
            Writable = writable,
            States = states,
            Interlock = interlock,
            Rights = rights,
        };
    }

    private WatchedSignal? ReadEnclosure(YamlEntry entry)
    {
        if (Open(entry, $"enclosures.{entry.Key}") is not { } fields)
        {
            return null;
        }

        var address = ReadAddress(fields, "permit");
        var signal = new WatchedSignal(
            entry.Key, SignalRole.Enclosure, address, ReadBit(fields, "permitted_when"), null, fields.Text("description", ""));
        fields.RefuseOthers();
        return signal;
    }

    private WatchedSignal? ReadBeam(YamlEntry entry)
    {
        if (Open(entry, $"beam.{entry.Key}") is not { } fields)
        {
            return null;
        }

        var role = fields.Choice("kind", new Dictionary<string, SignalRole>
        {
            ["shutter"] = SignalRole.Shutter,
            ["permit"] = SignalRole.Permit,
        });
        var address = ReadAddress(fields, "address");
        var good = ReadBit(fields, role == SignalRole.Shutter ? "open_when" : "permitted_when");
        var device = fields.Find("device") is { } node ? ReadDevice(fields, node) : null;
        var signal = new WatchedSignal(entry.Key, role, address, good, device, fields.Text("description", ""));
        fields.RefuseOthers();
        return signal;
    }

    private PlanNeeds? ReadPlan(YamlEntry entry, IReadOnlyList<WatchedSignal> enclosures)
    {
        if (Open(entry, $"plans.{entry.Key}") is not { } fields)
        {
            return null;
        }

        string[] known = [.. enclosures.Select(e => e.Name)];
        var named = fields.Names("enclosures");
        foreach (var name in named.Where(n => !known.Contains(n.Text)))
        {
            fields.Wrong(name, $"no enclosure '{name.Text}' is described{NearestName.Question(name.Text, known)}");
        }

        var beam = fields.Choice("beam", new Dictionary<string, bool> { ["required"] = true, ["not_required"] = false });
        string[] drives = [.. fields.Names("drives").Select(n => ReadDevice(fields, n)).OfType<string>()];
        string[] devices = [.. fields.Names("devices").Select(n => ReadDevice(fields, n)).OfType<string>()];
        fields.RefuseOthers();
        return new PlanNeeds([.. named.Select(n => n.Text)], beam, drives, devices);
    }

    private StateDefinition? ReadState(YamlEntry entry, IReadOnlyList<WatchedSignal> watched)
    {
        if (Open(entry, $"states.{entry.Key}") is not { } fields)
        {
            return null;
        }

        var kind = fields.Choice("kind", new Dictionary<string, StateKind>
        {
            ["within_limits"] = StateKind.WithinLimits,
            ["permit"] = StateKind.Permit,
        });
        var isPermit = kind == StateKind.Permit;
        var definition = new StateDefinition
        {
            Name = entry.Key,
            Kind = kind,
            Address = isPermit ? fields.Text("permit") : fields.Text("signal"),
            Low = isPermit ? null : fields.Number("low"),
            High = isPermit ? null : fields.Number("high"),
            Tolerance = isPermit ? 0.1 : fields.Number("tolerance") ?? 0.1,
            HoldSeconds = fields.Time("hold", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1)).TotalSeconds,
            Description = fields.Text("description", ""),
        };
        fields.RefuseOthers();
        foreach (var mistake in StateCheck.Against(definition, _roster, [.. watched.Select(w => w.Name)]))
        {
            fields.Wrong(fields.Node, mistake);
        }

        return definition;
    }

    private InterlockSettings ReadInterlock(YamlFields root)
    {
        if (root.Find("interlock") is not { } node
            || YamlFields.Of(node, "interlock", BeamlineErrors.ConfigurationInvalid, _mistakes) is not { } fields)
        {
            return InterlockSettings.None;
        }

        var isEnabled = fields.Flag("enabled", true);
        var onLoss = fields.Choice(
            "on_loss",
            new Dictionary<string, LossAction> { ["lock"] = LossAction.Lock, ["pause"] = LossAction.Pause, ["restart"] = LossAction.Restart },
            "lock");
        string[] known = [.. root.Entries("states").Select(e => e.Key)];
        Dictionary<string, IReadOnlyList<StateStatus>> states = new(StringComparer.Ordinal);
        foreach (var entry in fields.Entries("states"))
        {
            if (!known.Contains(entry.Key))
            {
                fields.Wrong(entry.Value, $"no state '{entry.Key}' is defined{NearestName.Question(entry.Key, known)}");
            }

            states[entry.Key] = ReadAccepted(fields, entry);
        }

        fields.RefuseOthers();
        return new InterlockSettings(isEnabled, onLoss, states);
    }

    private FrozenDictionary<string, IReadOnlyList<string>> ReadRights(YamlFields root)
    {
        Dictionary<string, IReadOnlyList<string>> rights = new(StringComparer.Ordinal);
        foreach (var entry in root.Entries("rights"))
        {
            if (Open(entry, $"rights.{entry.Key}") is not { } fields)
            {
                continue;
            }

            if (UserRoles.Find(entry.Key) is not { } role)
            {
                fields.Wrong(entry.Value, $"there is no role '{entry.Key}'{NearestName.Question(entry.Key, UserRoles.All.Select(r => r.Name))}");
                continue;
            }

            var devices = fields.Names("devices");
            foreach (var device in devices.Where(d => !d.Text.Contains('*', StringComparison.Ordinal)))
            {
                ReadDevice(fields, device);
            }

            fields.RefuseOthers();
            rights[role.Name] = [.. devices.Select(d => d.Text)];
        }

        return rights.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static IReadOnlyList<StateStatus> ReadAccepted(YamlFields fields, YamlEntry entry)
    {
        IReadOnlyList<YamlNode> items = entry.Value is YamlSequence list ? list.Items : [entry.Value];
        List<StateStatus> accepted = [];
        foreach (var item in items)
        {
            if (item is YamlScalar { Text: var text } && Enum.TryParse<StateStatus>(text, ignoreCase: true, out var status)
                && !char.IsDigit(text[0]))
            {
                accepted.Add(status);
            }
            else
            {
                fields.Wrong(item, "a status is valid, warning, invalid or unknown");
            }
        }

        return accepted;
    }

    private FrozenSet<string> ReadWritable(YamlFields root, IReadOnlyList<WatchedSignal> watched)
    {
        foreach (var name in root.Names("writable"))
        {
            if (_roster.MistakeIn(name.Text) is { } mistake)
            {
                root.Wrong(name, mistake);
            }
            else if (watched.FirstOrDefault(w => w.Address == name.Text) is { } permit)
            {
                root.Wrong(name, $"{name.Text} is the signal of {permit.Name}, which is read and never driven");
            }
        }

        return root.Names("writable").Select(n => n.Text).ToFrozenSet(StringComparer.Ordinal);
    }

    private YamlFields? Open(YamlEntry entry, string name) =>
        YamlFields.Of(entry.Value, name, BeamlineErrors.ConfigurationInvalid, _mistakes);

    private string ReadAddress(YamlFields fields, string key)
    {
        if (fields.Need(key) is not { } node)
        {
            return "";
        }

        if (node is not YamlScalar scalar)
        {
            fields.Wrong(node, $"{key} is {node.Kind}, expected an address");
            return "";
        }

        if (_roster.MistakeIn(scalar.Text) is { } mistake)
        {
            fields.Wrong(node, mistake);
        }

        return scalar.Text;
    }

    private static int ReadBit(YamlFields fields, string key)
    {
        if (fields.Need(key) is YamlScalar { Text: "0" or "1" } bit)
        {
            return bit.Text == "1" ? 1 : 0;
        }

        if (fields.Find(key) is { } node)
        {
            fields.Wrong(node, $"{key} must be 0 or 1");
        }

        return 1;
    }

    private string? ReadDevice(YamlFields fields, YamlNode node)
    {
        var name = (node as YamlScalar)?.Text ?? "";
        if (_roster.Knows(name))
        {
            return name;
        }

        fields.Wrong(node, $"no device '{name}' is configured{NearestName.Question(name, _roster.Names)}");
        return null;
    }
}
