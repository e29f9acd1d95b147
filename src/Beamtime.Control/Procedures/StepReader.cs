using System.Text.RegularExpressions;
using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>Reads the steps of procedures: addresses, names and arguments are checked against what there is.</summary>
/// <param name="roster">The devices.</param>
/// <param name="mayWrite">Whether an address may be written.</param>
/// <param name="actions">The actions by name.</param>
/// <param name="tables">The tables by name.</param>
/// <param name="mistakes">Takes the mistakes.</param>
internal sealed partial class StepReader(
    DeviceBook roster,
    WritePermission mayWrite,
    IReadOnlyDictionary<string, ProcedureAction> actions,
    IReadOnlyDictionary<string, LookupTable> tables,
    List<Reason> mistakes)
{
    /// <summary>Steps that a procedure may have, so that its record stays small.</summary>
    public const int MostSteps = 50;

    private static readonly string[] Kinds = ["setpoint", "check", "action", "capture", "compute"];
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(24);

    [GeneratedRegex("^[a-z][a-z0-9_]{0,63}$")]
    private static partial Regex Name { get; }

    /// <summary>Whether a text can name a procedure, a parameter or a capture.</summary>
    /// <param name="text">The text.</param>
    public static bool IsName(string text) => Name.IsMatch(text);

    /// <summary>Reads a step.</summary>
    /// <param name="node">Its node.</param>
    /// <param name="names">The names in scope; a capture adds its own.</param>
    public ProcedureStep? Read(YamlNode node, HashSet<string> names)
    {
        if (YamlFields.Of(node, "a step", ProcedureErrors.ConfigurationInvalid, mistakes) is not { } fields)
        {
            return null;
        }

        if (Kinds.Where(k => fields.Node[k] is not null).ToArray() is not [var kind])
        {
            fields.Wrong(node, $"a step has exactly one of {string.Join(", ", Kinds)}");
            return null;
        }

        ProcedureStep? step = kind switch
        {
            "setpoint" => ReadSetpoint(fields, names),
            "check" => ReadCheck(fields, names),
            "action" => ReadAction(fields, names),
            "capture" => ReadCapture(fields, names),
            _ => ReadCompute(fields, names),
        };
        step = step is null ? null : step with { Title = fields.Text("title", "") };
        fields.RefuseOthers();
        return step;
    }

    private SetpointStep? ReadSetpoint(YamlFields fields, HashSet<string> names)
    {
        var address = ReadAddress(fields, "setpoint");
        if (roster.MistakeIn(address) is null && !mayWrite(address))
        {
            mistakes.Add(ProcedureErrors.WriteDenied.Because(
                $"{fields.Node.Mark}: {address} is not among the writable addresses of the beamline"));
        }

        var value = ReadValue(fields, "value", names);
        var verify = fields.Flag("verify", false);
        var timeout = ReadTimeout(fields, TimeSpan.FromMinutes(2));
        if (value is LiteralExpression literal && DeviceBook.Split(address) is var (name, signal) && roster.Has(name))
        {
            foreach (var reason in roster[name].RefusalsToSet(signal, literal.Value))
            {
                fields.Wrong(fields.Node, reason.Message);
            }
        }

        return value is null ? null : new SetpointStep(address, value, verify) { Title = "", Timeout = timeout };
    }

    private CheckStep? ReadCheck(YamlFields fields, HashSet<string> names)
    {
        var address = ReadAddress(fields, "check");
        var isExact = fields.Find("equals") is not null;
        if (isExact == fields.Find("within") is not null)
        {
            fields.Wrong(fields.Node, "a check has either equals, or within and tolerance");
        }

        var expected = ReadValue(fields, isExact ? "equals" : "within", names);
        var tolerance = isExact ? null : ReadValue(fields, "tolerance", names);
        var timeout = ReadTimeout(fields, TimeSpan.Zero);
        return expected is null ? null : new CheckStep(address, expected, tolerance) { Title = "", Timeout = timeout };
    }

    private ActionStep? ReadAction(YamlFields fields, HashSet<string> names)
    {
        var name = fields.Text("action");
        Dictionary<string, Expression> with = new(StringComparer.Ordinal);
        foreach (var argument in fields.Entries("with"))
        {
            if (ReadValue(fields, argument.Value, argument.Key, names) is { } value)
            {
                with.Add(argument.Key, value);
            }
        }

        var alias = fields.Find("as") is null ? null : ReadNewName(fields, names);
        var timeout = ReadTimeout(fields, TimeSpan.FromMinutes(30));
        if (!actions.TryGetValue(name, out var action))
        {
            fields.Wrong(fields.Node, $"there is no action '{name}'{NearestName.Question(name, actions.Keys)}");
            return null;
        }

        foreach (var key in with.Keys.Where(k => action.Parameters?.Contains(k) == false))
        {
            fields.Wrong(fields.Node, $"action {name} has no argument '{key}'{NearestName.Question(key, action.Parameters!)}");
        }

        foreach (var key in action.Required.Where(k => !with.ContainsKey(k)))
        {
            fields.Wrong(fields.Node, $"action {name} needs the argument {key}");
        }

        var literals = with.Where(w => w.Value is LiteralExpression)
            .ToDictionary(w => w.Key, w => ((LiteralExpression)w.Value).Value, StringComparer.Ordinal);
        foreach (var mistake in action.Mistakes(literals))
        {
            fields.Wrong(fields.Node, mistake);
        }

        names.UnionWith(alias is null ? [] : action.Results.Select(r => $"{alias}.{r}"));
        return new ActionStep(name, with, alias) { Title = "", Timeout = timeout };
    }

    private CaptureStep ReadCapture(YamlFields fields, HashSet<string> names) =>
        new(ReadAddress(fields, "capture"), ReadNewName(fields, names))
        {
            Title = "",
            Timeout = ReadTimeout(fields, TimeSpan.FromSeconds(10)),
        };

    private ComputeStep? ReadCompute(YamlFields fields, HashSet<string> names)
    {
        var computation = fields.Text("compute");
        if (computation != ComputeStep.RotationCentre)
        {
            fields.Wrong(fields.Node, $"there is no computation '{computation}', only {ComputeStep.RotationCentre}");
        }

        var input = ReadValue(fields, "input", names);
        var name = ReadNewName(fields, names);
        var timeout = ReadTimeout(fields, TimeSpan.FromMinutes(10));
        return input is null ? null : new ComputeStep(computation, input, name) { Title = "", Timeout = timeout };
    }

    private string ReadAddress(YamlFields fields, string key)
    {
        var address = fields.Text(key);
        if (address.Length > 0 && roster.MistakeIn(address) is { } mistake)
        {
            fields.Wrong(fields.Node[key]!, mistake);
        }

        return address;
    }

    private static string ReadNewName(YamlFields fields, HashSet<string> names)
    {
        var name = fields.Text("as");
        if (name.Length == 0)
        {
            return name;
        }

        if (!IsName(name))
        {
            fields.Wrong(fields.Node["as"]!, $"'{name}' is no name of a capture: lower-case letters, digits and _");
        }
        else if (!names.Add(name))
        {
            fields.Wrong(fields.Node["as"]!, $"{name} is a parameter or was captured already");
        }

        return name;
    }

    private Expression? ReadValue(YamlFields fields, string key, HashSet<string> names) =>
        fields.Need(key) is { } node ? ReadValue(fields, node, key, names) : null;

    private Expression? ReadValue(YamlFields fields, YamlNode node, string key, HashSet<string> names)
    {
        if (node is not YamlScalar { IsNull: false } scalar)
        {
            fields.Wrong(node, $"{key} is {node.Kind}, expected a value");
            return null;
        }

        try
        {
            return ExpressionParser.Read(scalar, tables, names);
        }
        catch (FormatException mistake)
        {
            fields.Wrong(node, mistake.Message);
            return null;
        }
    }

    // A check of no timeout looks once; everything else needs some time.
    private static TimeSpan ReadTimeout(YamlFields fields, TimeSpan usual) => fields.Time(
        "timeout", usual, usual == TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1), LongestTimeout);
}
