using MuonSharp.Distributed.Tests.Contract;
using MuonSharp.Numerics.Tests;

namespace MuonSharp.Distributed.Tests.Threads;

public class CommunicationThreadTests
{
    [Fact]
    public void What_is_posted_is_done_in_order_by_one_other_thread()
    {
        using SingleProcess alone = new();
        using CommunicationThread thread = new(alone);
        List<(int Number, int Thread)> done = [];
        Completion[] completions = [.. Enumerable.Range(0, 100).Select(number => thread.Post(_ => done.Add((number, Environment.CurrentManagedThreadId))))];
        thread.Drain();
        Assert.All(completions, static completion => Assert.True(completion.IsDone));
        Assert.Equal(Enumerable.Range(0, 100), done.Select(static call => call.Number));
        Assert.NotEqual(Environment.CurrentManagedThreadId, Assert.Single(done.Select(static call => call.Thread).Distinct()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Calls_give_what_plain_loops_give_while_the_caller_does_something_else(int size) => ThreadCollectives.Run(size, static ranks =>
    {
        using CommunicationThread thread = new(ranks);
        Completion[] completions = [.. Enumerable.Range(0, 10).Select(seed => thread.Post(engine => CollectivesContract.Check(engine, (ulong)seed)))];
        float[] late = [ranks.Rank + 1];
        Completion sum = thread.Post(engine => engine.AllReduce(late, Reduction.Sum));
        completions[4].Wait();
        Assert.True(completions[2].IsDone);
        sum.Wait();
        Assert.Equal(ranks.Size * (ranks.Size + 1) / 2, late[0]);
        sum.Wait();
    });

    [Fact]
    public void A_wait_is_only_for_what_was_waited_for()
    {
        using SingleProcess alone = new();
        using ManualResetEventSlim go = new();
        using CommunicationThread thread = new(alone);
        Completion first = thread.Post(static engine => engine.Barrier()), second = thread.Post(_ => go.Wait());
        first.Wait();
        Assert.False(second.IsDone);
        Assert.True(default(Completion).IsDone);
        go.Set();
        second.Wait();
        Assert.True(thread.Busy > TimeSpan.Zero);
    }

    [Fact]
    public void A_call_that_fails_is_told_to_all_who_wait_for_it_or_for_later_ones()
    {
        using SingleProcess alone = new();
        using CommunicationThread thread = new(alone);
        bool ran = false;
        using ManualResetEventSlim go = new();
        Completion sound = thread.Post(_ => go.Wait()), broken = thread.Post(static _ => throw new InvalidOperationException("the wire is cut")), after = thread.Post(_ => ran = true);
        go.Set();
        sound.Wait();
        Assert.All([broken, after], static completion => Assert.Equal("the wire is cut", Assert.Throws<CollectiveException>(completion.Wait).Message));
        Assert.Equal("the wire is cut", Assert.Throws<CollectiveException>(() => thread.Post(static engine => engine.Barrier())).Message);
        Assert.Throws<CollectiveException>(thread.Drain);
        sound.Wait();
        Assert.False(ran || after.IsDone);
    }

    [Fact]
    public void The_end_waits_for_what_was_posted()
    {
        using SingleProcess alone = new();
        int done = 0;
        CommunicationThread thread = new(alone);
        for (int i = 0; i < 50; i++)
        {
            thread.Post(_ => done++);
        }

        thread.Dispose();
        Assert.Equal(50, done);
        Assert.Throws<ObjectDisposedException>(() => thread.Post(static engine => engine.Barrier()));
    }

    [Fact]
    public void Posting_and_waiting_allocate_nothing()
    {
        using SingleProcess alone = new();
        using CommunicationThread thread = new(alone);
        float[] values = new float[8];
        Action<ICollectives> call = engine => engine.AllReduce(values, Reduction.Sum);
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            for (int i = 0; i < 200; i++)
            {
                thread.Post(call);
                thread.Post(call).Wait();
            }
        }));
    }
}
