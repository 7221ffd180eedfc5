using System.Runtime.ExceptionServices;

namespace MuonSharp.Experiments;

/// <summary>Does pieces of work beside each other: they begin in their order, as many at once as the threads bear.</summary>
internal static class RunQueue
{
    /// <summary>Does all of them; after a failure, or where it was cancelled, no further one begins, and those that are going on are asked to stop and waited for.</summary>
    /// <param name="threads">Threads that all may take together.</param>
    /// <param name="works">How many threads each takes (one that wants more than there are gets all), and what it does.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public static async Task RunAsync(int threads, IEnumerable<(int Threads, Func<CancellationToken, Task> Do)> works, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<(Task Work, int Threads)> going = [];
        Exception? failure = null;
        int free = threads;
        foreach ((int wanted, Func<CancellationToken, Task> work) in works)
        {
            int needed = Math.Min(wanted, threads);
            while (free < needed)
            {
                await EndOneAsync();
            }

            if (stop.IsCancellationRequested)
            {
                break;
            }

            free -= needed;
            going.Add((Task.Run(() => work(stop.Token), CancellationToken.None), needed));
        }

        while (going.Count > 0)
        {
            await EndOneAsync();
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        async Task EndOneAsync()
        {
            Task ended = await Task.WhenAny(going.Select(each => each.Work));
            int number = going.FindIndex(each => each.Work == ended);
            free += going[number].Threads;
            going.RemoveAt(number);
            if (ended.Exception is { InnerException: { } error })
            {
                failure ??= error;
                await stop.CancelAsync();
            }
        }
    }
}
