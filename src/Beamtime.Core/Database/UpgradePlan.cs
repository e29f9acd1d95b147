using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Database;

/// <summary>From which version of PostgreSQL to which a cluster is brought. Pure.</summary>
/// <param name="From">The version that made it.</param>
/// <param name="To">The newest that is installed.</param>
/// <param name="IsNeeded">False when there is nothing to do.</param>
internal sealed record UpgradePlan(int From, int To, bool IsNeeded)
{
    /// <summary>The plan for a cluster.</summary>
    /// <param name="made">The version in its <c>PG_VERSION</c>.</param>
    /// <param name="installed">The versions that are installed.</param>
    /// <param name="isAgain">Whether it is made anew also where nothing newer is installed.</param>
    public static Outcome<UpgradePlan> Of(string made, IReadOnlyCollection<int> installed, bool isAgain)
    {
        if (!int.TryParse(made, out var from))
        {
            return Refuse($"its PG_VERSION is '{made}', which is no version that this program knows");
        }

        if (installed.Count == 0)
        {
            return Refuse("no PostgreSQL is installed");
        }

        var to = installed.Max();
        return installed.Contains(from)
            ? new Accepted<UpgradePlan>(new UpgradePlan(from, to, isAgain || to > from))
            : Refuse(from > to
                ? $"it was made by PostgreSQL {from}, newer than all that are installed ({string.Join(", ", installed)}); install {from} again (apt-get install postgresql-{from})"
                : $"it was made by PostgreSQL {from}, whose programs are not installed; only they can read it: install them beside {to} (apt-get install postgresql-{from})");
    }

    private static Refused<UpgradePlan> Refuse(string why) => new([BackupErrors.UpgradeRefused.Because(why)]);
}
