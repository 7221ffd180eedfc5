using System.Runtime.ExceptionServices;

namespace MuonSharp.Distributed;

/// <summary>Work that takes as long as it takes, at one rank or at all (data read, an evaluation, a checkpoint): whoever is done waits for the others, as long as they give signs of life.</summary>
/// <remarks>A thread of its own tells every quarter of a second whether this rank is done, by a reduction over all ranks that ends when all are. So the time that a collective may take is that
/// between two signs, not that of the work, and a rank that is dead or stopped is missed in time. Meanwhile nobody else talks to the ranks.</remarks>
public static class LongWork
{
    private const long Failed = 0;
    private const long Working = 1;
    private const long Cancelled = 2;
    private const long Done = 3;

    /// <summary>Between two signs of life; a fraction of the least timeout.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Does this rank's work and waits for that of the others.</summary>
    /// <param name="ranks">The ranks; all call this together.</param>
    /// <param name="work">This rank's work; it makes no calls to the ranks.</param>
    /// <param name="stop">Called at all ranks once any was asked to stop, from another thread, perhaps more than once; null: nobody is told.</param>
    /// <param name="asked">Asks this rank to stop.</param>
    /// <exception cref="CollectiveException">The work of another rank has failed. What has failed here is thrown as it is.</exception>
    /// <exception cref="OperationCanceledException">The work of a rank was cancelled, and so it counts for none.</exception>
    public static void Run(ICollectives ranks, Action work, Action? stop = null, CancellationToken asked = default)
    {
        long outcome = Working;
        Exception? lost = null;
        using ManualResetEventSlim ended = new();
        var signs = new Thread(() =>
        {
            try
            {
                long[] all = [Working, 0];
                while (all[0] == Working)
                {
                    ended.Wait(s_interval);
                    (all[0], all[1]) = (Volatile.Read(ref outcome), asked.IsCancellationRequested ? -1 : 0);
                    ranks.AllReduce(all, Reduction.Min);
                    if (all[1] < 0)
                    {
                        stop?.Invoke();
                    }
                }

                lost = all[0] switch
                {
                    Failed => new CollectiveException($"[ranks] another rank could not go on at {ranks.Activity}") { IsOfAnotherRank = true },
                    Cancelled => new OperationCanceledException(),
                    _ => null,
                };
            }
            catch (CollectiveException error)
            {
                lost = error;
            }
        })
        { IsBackground = true, Name = $"MuonSharp rank {ranks.Rank}, signs of life" };
        signs.Start();
        try
        {
            work();
            Volatile.Write(ref outcome, Done);
        }
        catch (OperationCanceledException)
        {
            Volatile.Write(ref outcome, Cancelled);
        }
        catch
        {
            Volatile.Write(ref outcome, Failed);
            throw;
        }
        finally
        {
            ended.Set();
            signs.Join();
        }

        if (lost is not null)
        {
            ExceptionDispatchInfo.Throw(lost);
        }
    }
}
