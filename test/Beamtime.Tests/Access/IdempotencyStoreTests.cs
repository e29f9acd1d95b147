using Beamtime.Core.Access;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Access;

/// <summary>A key is claimed once, answered once, and given up honestly.</summary>
public sealed class IdempotencyStoreTests
{
    private static readonly byte[] Request = [1, 2, 3];
    private static readonly KeptAnswer Answer = new(202, "application/json", "/there", [7]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repeat_waits_then_gets_the_answer()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = Store(database);
        var ours = Assert.IsType<KeyClaim.Ours>(await ClaimAsync(store));
        Assert.IsType<KeyClaim.Running>(await ClaimAsync(store));

        await store.AnswerAsync(ours.Id, Answer, Cancel);

        var again = Assert.IsType<KeyClaim.Answered>(await ClaimAsync(store)).Answer;
        Assert.Equal((202, "application/json", "/there", 7), (again.Status, again.ContentType, again.Location, Assert.Single(again.Body)));
    }

    [Fact]
    public async Task Another_content_under_the_key_is_told_apart_and_another_persons_key_is_another()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = Store(database);
        await ClaimAsync(store);
        Assert.IsType<KeyClaim.Reused>(await store.ClaimAsync(PersonId.LocalOperator, "k", "POST /x", [9], false, Cancel));
        Assert.IsType<KeyClaim.Ours>(await store.ClaimAsync(PersonId.System, "k", "POST /x", [9], false, Cancel));
    }

    [Fact]
    public async Task A_claim_whose_holder_has_gone_is_uncertain_or_taken_over_by_one()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = Store(database);
        var ours = Assert.IsType<KeyClaim.Ours>(await ClaimAsync(store));
        await TestDatabase.ShiftLeaseClockAsync(database, TimeSpan.FromSeconds(31), Cancel);

        Assert.IsType<KeyClaim.Abandoned>(await ClaimAsync(store));
        Assert.Equal(ours, await ClaimAsync(store, takesOver: true));
        Assert.IsType<KeyClaim.Running>(await ClaimAsync(store, takesOver: true));
    }

    [Fact]
    public async Task A_renewed_claim_holds_and_a_start_of_the_only_program_ends_all()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = Store(database);
        var ours = Assert.IsType<KeyClaim.Ours>(await ClaimAsync(store));
        await TestDatabase.ShiftLeaseClockAsync(database, TimeSpan.FromSeconds(20), Cancel);
        await store.RenewAsync(ours.Id, Cancel);
        await TestDatabase.ShiftLeaseClockAsync(database, TimeSpan.FromSeconds(45), Cancel);
        Assert.IsType<KeyClaim.Running>(await ClaimAsync(store));

        await store.AbandonAllAsync(Cancel);
        Assert.IsType<KeyClaim.Abandoned>(await ClaimAsync(store));
    }

    [Fact]
    public async Task A_refused_request_frees_its_key_and_an_old_answer_is_removed()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = Store(database);
        await store.ForgetAsync(Assert.IsType<KeyClaim.Ours>(await ClaimAsync(store)).Id, Cancel);
        var ours = Assert.IsType<KeyClaim.Ours>(await ClaimAsync(store));
        await store.AnswerAsync(ours.Id, Answer, Cancel);
        Assert.Equal(0, await store.PruneAsync(Cancel));

        await TestDatabase.ShiftLeaseClockAsync(database, TimeSpan.FromHours(25), Cancel);

        Assert.Equal(1, await store.PruneAsync(Cancel));
        Assert.IsType<KeyClaim.Ours>(await ClaimAsync(store));
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_is_carried_out()
    {
        await using var database = await TestDatabase.CreateAsync();
        var store = Store(database);
        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ClaimAsync(store)));
        Assert.Single(claims.OfType<KeyClaim.Ours>());
    }

    private static IdempotencyStore Store(BeamtimeDatabase database) => new(database, new IdempotencyOptions(), TimeProvider.System);

    private static Task<KeyClaim> ClaimAsync(IdempotencyStore store, bool takesOver = false) =>
        store.ClaimAsync(PersonId.LocalOperator, "k", "POST /x", Request, takesOver, Cancel);
}
