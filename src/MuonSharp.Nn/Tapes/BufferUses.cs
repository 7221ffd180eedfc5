namespace MuonSharp.Nn;

/// <summary>Collects when buffers are used, apart for the first life and the one after a recomputation, and then gives each its lives.</summary>
internal sealed class BufferUses
{
    private readonly Dictionary<(StepBuffer Buffer, bool Again), StepLife> _lives = [];

    /// <summary>Notes a use.</summary>
    /// <param name="buffer">The buffer; null is ignored, for parameters.</param>
    /// <param name="time">Time of the use.</param>
    /// <param name="again">Whether it is a use of what was computed again.</param>
    public void Add(StepBuffer? buffer, int time, bool again = false)
    {
        if (buffer is not null)
        {
            var life = _lives.GetValueOrDefault((buffer, again), new StepLife(time, time));
            _lives[(buffer, again)] = new StepLife(Math.Min(life.First, time), Math.Max(life.Last, time));
        }
    }

    /// <summary>Notes that a backward run reads what a forward run put there.</summary>
    /// <param name="buffer">The buffer; null is ignored, for parameters.</param>
    /// <param name="time">Time of the use.</param>
    /// <param name="again">Whether it is a use of what was computed again.</param>
    public void AddNeeded(StepBuffer? buffer, int time, bool again)
    {
        Add(buffer, time, again);
        buffer?.IsNeeded = true;
    }

    /// <summary>Tells the buffers.</summary>
    public void Apply()
    {
        foreach (var ((buffer, _), life) in _lives)
        {
            buffer.Live(life.First, life.Last);
        }
    }
}
