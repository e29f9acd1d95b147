using System.Security.Cryptography;
using System.Text;
using Beamtime.Core.Database;
using Npgsql;

namespace Beamtime.Core.Access.SignIns;

/// <summary>
/// Slows guessing down: by name and address, by name alone and by address alone, each with some free tries and then a
/// pause that doubles. No pause lasts longer than a quarter of an hour, by name alone half a minute, so that nobody is
/// locked out for ever by somebody else; sign-ins that exist, keys and the operator at the machine are not slowed.
/// </summary>
/// <param name="database">Keeps the tries, so that all processes count together.</param>
/// <param name="time">The clock.</param>
internal sealed class SignInBrake(BeamtimeDatabase database, TimeProvider time)
{
    /// <summary>After this long without a try, all are free again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private static readonly Bound Pair = new(5, TimeSpan.FromMinutes(15));
    private static readonly Bound Name = new(30, TimeSpan.FromSeconds(30));
    private static readonly Bound Place = new(60, TimeSpan.FromMinutes(15));

    /// <summary>
    /// Takes a try, which counts as failed until <see cref="ClearAsync(string,string,CancellationToken)"/> says otherwise,
    /// so that tries at the same time count too.
    /// </summary>
    /// <param name="username">The name as it was given.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>How long to wait before the next; zero when this one was taken.</returns>
    public Task<TimeSpan> TakeAsync(string username, string address, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            var now = time.GetUtcNow();
            byte[] who = HashOf(username), whence = HashOf(address);
            var pause = TimeSpan.Zero;
            foreach (var (bound, left, right) in new[] { (Pair, who, whence), (Name, who, []), (Place, Array.Empty<byte>(), whence) })
            {
                await using var take = transaction.Command(
                    """
                    insert into sign_in_tries as tries (who, whence, failures, last_at) values ($1, $2, 0, $3)
                    on conflict (who, whence) do update set failures = tries.failures
                    returning failures, last_at
                    """,
                    left,
                    right,
                    now);
                await using var reader = await take.ExecuteReaderAsync(cancel);
                await reader.ReadAsync(cancel);
                var rest = bound.Rest(reader.GetInt32(0), now - await reader.GetFieldValueAsync<DateTimeOffset>(1, cancel));
                pause = rest > pause ? rest : pause;
            }

            if (pause == TimeSpan.Zero)
            {
                await using var count = transaction.Command(
                    """
                    update sign_in_tries
                    set failures = case when last_at < $3 - $4::interval then 1 else failures + 1 end, last_at = $3
                    where (who, whence) in (($1, $2), ($1, ''), ('', $2))
                    """,
                    who,
                    whence,
                    now,
                    Memory);
                await count.ExecuteNonQueryAsync(cancel);
            }

            return pause;
        },
        cancel);

    /// <summary>A try was a good one: the tries by this name, and by it from this address, are forgotten.</summary>
    /// <param name="username">The name.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task ClearAsync(string username, string address, CancellationToken cancel)
    {
        await using var clear = database.Source.CreateCommand(
            """
            with place as (update sign_in_tries set failures = greatest(0, failures - 1) where who = '' and whence = $2)
            delete from sign_in_tries where who = $1 and whence in ($2, '')
            """);
        clear.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = HashOf(username) });
        clear.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = HashOf(address) });
        await clear.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Forgets all tries by a name.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="username">The name.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task ClearAsync(DatabaseTransaction transaction, string username, CancellationToken cancel)
    {
        await using var clear = transaction.Command("delete from sign_in_tries where who = $1", HashOf(username));
        await clear.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Lets one writer at a time to the entries about names that no user has.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="isWriter">Whether this one writes; the others only spend the time.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task LockAsync(DatabaseTransaction transaction, bool isWriter, CancellationToken cancel)
    {
        await using var one = transaction.Command(isWriter
            ? "select pg_advisory_xact_lock(hashtextextended('beamtime nobody', 0))"
            : "select hashtextextended('beamtime nobody', 0)");
        await one.ExecuteScalarAsync(cancel);
    }

    /// <summary>Writes what says nothing: a count of the tries under names that no user has.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task TouchAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        await using var touch = transaction.Command(
            """
            insert into sign_in_tries as tries (who, whence, failures, last_at) values ('', '', 1, clock_timestamp())
            on conflict (who, whence) do update set failures = (tries.failures + 1) % 1000000, last_at = clock_timestamp()
            """);
        await touch.ExecuteNonQueryAsync(cancel);
    }

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private sealed record Bound(int Free, TimeSpan Longest)
    {
        // What is left of the pause after this many failures.
        public TimeSpan Rest(int failures, TimeSpan since)
        {
            if (failures < Free || since >= Memory)
            {
                return TimeSpan.Zero;
            }

            var pause = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures - Free, 20)));
            pause = pause < Longest ? pause : Longest;
            return pause > since ? pause - since : TimeSpan.Zero;
        }
    }
}
