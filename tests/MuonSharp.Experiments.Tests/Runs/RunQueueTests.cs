namespace MuonSharp.Experiments.Tests.Runs;

public class RunQueueTests
{
    [Fact]
    public async Task Works_begin_in_order_and_never_take_more_threads_than_there_are()
    {
        int[] wanted = [1, 1, 2, 1, 3, 9, 1, 1];
        List<int> begun = [];
        int taken = 0, most = 0;
        await RunQueue.RunAsync(3, wanted.Select((threads, number) => (threads, (Func<CancellationToken, Task>)(async _ =>
        {
            lock (begun)
            {
                begun.Add(number);
                taken += Math.Min(threads, 3);
                most = Math.Max(most, taken);
            }

            await Task.Yield();
            lock (begun)
            {
                taken -= Math.Min(threads, 3);
            }
        }))), TestContext.Current.CancellationToken);
        Assert.Equal(wanted.Length, begun.Count);
        Assert.InRange(most, 3, 3);

        // Nine take all there are: what comes before them has ended, what comes after has not begun.
        Assert.Equal([0, 1, 2, 3, 4, 5], begun.Take(6).Order());
        Assert.Equal(5, begun[5]);
    }

    [Fact]
    public async Task After_a_failure_the_others_are_asked_to_stop_and_the_first_error_is_told()
    {
        bool stopped = false;
        TaskCompletionSource begun = new();
        Func<CancellationToken, Task>[] works =
        [
            async stop =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ContinueWith(_ => stopped = true, TaskScheduler.Default);
            },
            async _ =>
            {
                await begun.Task;
                throw new InvalidOperationException("first");
            },
            _ => throw new InvalidOperationException("never begun"),
        ];
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => RunQueue.RunAsync(2, works.Select(work => (1, work)), TestContext.Current.CancellationToken));
        Assert.Equal("first", error.Message);
        Assert.True(stopped);
    }

    [Fact]
    public async Task Nothing_begins_after_it_was_cancelled()
    {
        using CancellationTokenSource source = new();
        int begun = 0;
        await RunQueue.RunAsync(1, Enumerable.Range(0, 5).Select(_ => (1, (Func<CancellationToken, Task>)(_ =>
        {
            source.Cancel();
            begun++;
            return Task.CompletedTask;
        }))), source.Token);
        Assert.Equal(1, begun);
    }
}
