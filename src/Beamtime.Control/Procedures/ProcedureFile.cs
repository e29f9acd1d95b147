using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>Reads <c>procedures.yaml</c>; every mistake is reported at once, each with its line.</summary>
internal sealed class ProcedureFile
{
    /// <summary>The words for the types of parameters.</summary>
    public static IEnumerable<string> TypeNames => Types.Keys;

    private static readonly Dictionary<string, ProcedureParameterType> Types = new()
    {
        ["number"] = ProcedureParameterType.Number,
        ["integer"] = ProcedureParameterType.Integer,
        ["flag"] = ProcedureParameterType.Flag,
        ["text"] = ProcedureParameterType.Text,
    };

    private readonly List<Reason> _mistakes = [];
    private readonly Dictionary<string, LookupTable> _tables = new(StringComparer.Ordinal);
    private readonly StepReader _steps;

    private ProcedureFile(DeviceBook roster, WritePermission mayWrite, IReadOnlyDictionary<string, ProcedureAction> actions) =>
        _steps = new StepReader(roster, mayWrite, actions, _tables, _mistakes);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; an absent one has no procedures.</param>
    /// <param name="roster">The devices that steps may name.</param>
    /// <param name="mayWrite">Whether an address may be written.</param>
    /// <param name="actions">The actions that steps may name.</param>
    /// <exception cref="RefusedException">All mistakes in it.</exception>
    public static IReadOnlyList<ProcedureDefinition> Read(
        string path,
        DeviceBook roster,
        WritePermission mayWrite,
        IReadOnlyDictionary<string, ProcedureAction> actions)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var file = new ProcedureFile(roster, mayWrite, actions);
        List<ProcedureDefinition> procedures = [];
        if (YamlFields.Of(SafeYaml.Read(path), "the file", ProcedureErrors.ConfigurationInvalid, file._mistakes) is { } root)
        {
            foreach (var table in root.Entries("tables"))
            {
                file.ReadTable(table);
            }

            procedures.AddRange(root.Entries("procedures").Select(file.ReadProcedure).OfType<ProcedureDefinition>());
            root.RefuseOthers();
        }

        return file._mistakes.Count > 0 ? throw new RefusedException(file._mistakes) : procedures;
    }

    private void ReadTable(YamlEntry entry)
    {
        if (Open(entry, $"tables.{entry.Key}") is not { } fields)
        {
            return;
        }

        var key = fields.Text("over");
        List<(YamlMap Node, Dictionary<string, double> Row)> rows = [];
        foreach (var item in fields.Items("rows"))
        {
            if (YamlFields.Of(item, $"a row of {entry.Key}", ProcedureErrors.ConfigurationInvalid, _mistakes) is { } row)
            {
                rows.Add((row.Node, row.Node.Entries
                    .Select(e => (e.Key, Value: row.Number(e.Key)))
                    .Where(e => e.Value is not null)
                    .ToDictionary(e => e.Key, e => e.Value!.Value)));
            }
        }

        fields.RefuseOthers();
        if (rows.Count == 0)
        {
            fields.Wrong(fields.Node, $"table {entry.Key} has no rows");
            return;
        }

        string[] columns = [.. rows[0].Row.Keys.Where(c => c != key)];
        List<double> keys = [];
        foreach (var (node, row) in rows)
        {
            if (!row.TryGetValue(key, out var at) || row.Count != columns.Length + 1 || !columns.All(row.ContainsKey))
            {
                fields.Wrong(node, $"a row of table {entry.Key} must have {key} and {string.Join(", ", columns)}");
                return;
            }

            if (keys is [.., var last] && at <= last)
            {
                fields.Wrong(node, $"the rows of table {entry.Key} must ascend in {key}");
            }

            keys.Add(at);
        }

        _tables[entry.Key] = new LookupTable(
            entry.Key,
            key,
            [.. keys],
            columns.ToDictionary(c => c, c => rows.Select(r => r.Row[c]).ToArray(), StringComparer.Ordinal));
    }

    private ProcedureDefinition? ReadProcedure(YamlEntry entry)
    {
        if (!StepReader.IsName(entry.Key))
        {
            _mistakes.Add(ProcedureErrors.ConfigurationInvalid.Because(
                $"{entry.Mark}: '{entry.Key}' is no name of a procedure: lower-case letters, digits and _"));
        }

        if (Open(entry, $"procedures.{entry.Key}") is not { } fields)
        {
            return null;
        }

        ProcedureParameter[] parameters = [.. fields.Entries("parameters").Select(p => ReadParameter(entry.Key, p)).OfType<ProcedureParameter>()];
        HashSet<string> names = [.. parameters.Select(p => p.Name)];
        ProcedureStep[] steps = [.. fields.Items("steps").Select(s => _steps.Read(s, names)).OfType<ProcedureStep>()];
        ProcedureStep[] closing = [.. fields.Items("finally").Select(s => _steps.Read(s, names)).OfType<ProcedureStep>()];
        if (fields.Find("steps") is null || fields.Items("steps").Count == 0
            || steps.Length + closing.Length > StepReader.MostSteps)
        {
            fields.Wrong(fields.Node, $"{entry.Key} must have 1 to {StepReader.MostSteps} steps");
        }

        var definition = new ProcedureDefinition(entry.Key, fields.Text("description", ""), parameters, steps, closing);
        fields.RefuseOthers();
        return definition;
    }

    private ProcedureParameter? ReadParameter(string procedure, YamlEntry entry)
    {
        if (Open(entry, $"{procedure}.parameters.{entry.Key}") is not { } fields)
        {
            return null;
        }

        if (!StepReader.IsName(entry.Key))
        {
            fields.Wrong(entry.Value, $"'{entry.Key}' is no name of a parameter: lower-case letters, digits and _");
        }

        var parameter = new ProcedureParameter(
            entry.Key,
            fields.Choice("type", Types, "number"),
            fields.Find("unit") is null ? null : fields.Text("unit"),
            fields.Number("low"),
            fields.Number("high"),
            fields.Find("default") is null ? null : fields.Text("default"),
            fields.Text("description"));
        if (parameter.Default is { } text && parameter.Read(text) is Refused<Value>([var reason, ..]))
        {
            fields.Wrong(fields.Find("default")!, $"the default is refused: {reason.Message}");
        }

        fields.RefuseOthers();
        return parameter;
    }

    private YamlFields? Open(YamlEntry entry, string name) =>
        YamlFields.Of(entry.Value, name, ProcedureErrors.ConfigurationInvalid, _mistakes);
}
