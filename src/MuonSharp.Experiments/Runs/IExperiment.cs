namespace MuonSharp.Experiments;

/// <summary>An experiment whose folder this process owns.</summary>
/// <typeparam name="TEvent">What happens in it.</typeparam>
/// <typeparam name="TResult">What it finds out.</typeparam>
public interface IExperiment<out TEvent, TResult> : IDisposable
{
    /// <summary>Does all that is left to do.</summary>
    /// <param name="tell">Called for everything that happens, one at a time.</param>
    /// <param name="cancellation">Asks to finish the steps that are going on, write checkpoints and return.</param>
    /// <returns>The result; not complete if it was cancelled.</returns>
    Task<TResult> RunAsync(Action<TEvent> tell, CancellationToken cancellation = default);
}
