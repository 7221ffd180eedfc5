using System.Collections.Concurrent;

namespace MuonSharp.Training;

/// <summary>The one thread that a trainer computes on.</summary>
/// <remarks>Threads of the pool would do, but a run would wander over all of them, and each that ever computed keeps packing memory.</remarks>
internal sealed class TrainingThread : IDisposable
{
    private readonly BlockingCollection<(Action Work, TaskCompletionSource Done)> _queue = [];
    private Thread? _thread;

    /// <summary>Does something on the thread.</summary>
    /// <returns>Ends when it is done; with its exception if it threw.</returns>
    public Task Run(Action work)
    {
        if (_thread is null)
        {
            _thread = new Thread(Loop) { IsBackground = true, Name = "MuonSharp training" };
            _thread.Start();
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add((work, done));
        return done.Task;
    }

    /// <summary>Ends the thread when it has done what it was given.</summary>
    public void Dispose()
    {
        if (!_queue.IsAddingCompleted)
        {
            _queue.CompleteAdding();
            _thread?.Join();
            _queue.Dispose();
        }
    }

    private void Loop()
    {
        foreach ((Action work, TaskCompletionSource done) in _queue.GetConsumingEnumerable())
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        }
    }
}
