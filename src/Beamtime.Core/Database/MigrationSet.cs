using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Database;

/// <summary>One numbered step of the database's shape.</summary>
/// <param name="Number">Its place in the order, never reused.</param>
/// <param name="Name">File name, <c>0002_ledger.sql</c>.</param>
/// <param name="Origin">Assembly that brings it; within one, numbers only grow.</param>
/// <param name="Sql">The text.</param>
internal sealed record Migration(int Number, string Name, string Origin, string Sql)
{
    /// <summary>Checksum of the text, kept with what was applied.</summary>
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));
}

/// <summary>All migrations of the program, from the assemblies that keep tables, in order.</summary>
internal sealed partial class MigrationSet
{
    private MigrationSet(IReadOnlyList<Migration> migrations) => Migrations = migrations;

    public IReadOnlyList<Migration> Migrations { get; }

    [GeneratedRegex(@"^(\d{4})_[a-z0-9_]+\.sql$")]
    private static partial Regex NameForm { get; }

    /// <summary>The migrations embedded in these assemblies.</summary>
    /// <exception cref="RefusedException">Badly named or with a number twice; every reason.</exception>
    public static MigrationSet Of(params IReadOnlyList<Assembly> assemblies) => Of(
        from assembly in assemblies
        from name in assembly.GetManifestResourceNames()
        where name.EndsWith(".sql", StringComparison.Ordinal)
        select (assembly.GetName().Name!, name, Read(assembly, name)));

    /// <summary>The migrations of these texts.</summary>
    public static MigrationSet Of(IEnumerable<(string Origin, string Name, string Sql)> texts)
    {
        var reasons = new List<Reason>();
        var migrations = new List<Migration>();
        foreach (var (origin, name, sql) in texts)
        {
            if (NameForm.Match(name) is { Success: true } match)
            {
                migrations.Add(new Migration(
                    int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), name, origin, sql));
            }
            else
            {
                reasons.Add(DatabaseErrors.MigrationName.Because($"{name} in {origin} is not named 0001_name.sql"));
            }
        }

        reasons.AddRange(migrations.GroupBy(m => m.Number).Where(g => g.Count() > 1).Select(g =>
            DatabaseErrors.MigrationName.Because($"{string.Join(" and ", g.Select(m => m.Name))} have the same number")));
        return reasons.Count == 0
            ? new MigrationSet([.. migrations.OrderBy(m => m.Number)])
            : throw new RefusedException(reasons);
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
