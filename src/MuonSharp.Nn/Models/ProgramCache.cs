using System.Diagnostics.CodeAnalysis;

namespace MuonSharp.Nn;

/// <summary>Compiled programs by their shape, a bounded number of them: the one that was not asked for longest goes first, and is disposed of.</summary>
/// <remarks>A program from a cache is for use at once: whoever keeps one over other requests owns one instead.</remarks>
/// <typeparam name="TKey">What tells programs apart: batch, length, training or not.</typeparam>
/// <typeparam name="TProgram">The program.</typeparam>
public sealed class ProgramCache<TKey, TProgram> : IDisposable
    where TKey : notnull
    where TProgram : class, IDisposable
{
    private readonly List<(TKey Key, TProgram Program)> _programs = [];

    /// <summary>An empty cache.</summary>
    /// <param name="capacity">Most programs that are kept, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is below 1.</exception>
    public ProgramCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
    }

    /// <summary>Most programs that are kept.</summary>
    public int Capacity { get; }

    /// <summary>Programs that are kept now.</summary>
    public int Count => _programs.Count;

    /// <summary>The program of that key, if there is one; it becomes the latest.</summary>
    /// <param name="key">The key.</param>
    /// <param name="program">The program, owned by the cache; null if there is none.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(TKey key, [NotNullWhen(true)] out TProgram? program)
    {
        for (int i = _programs.Count - 1; i >= 0; i--)
        {
            if (EqualityComparer<TKey>.Default.Equals(_programs[i].Key, key))
            {
                (TKey Key, TProgram Program) found = _programs[i];
                _programs.RemoveAt(i);
                _programs.Add(found);
                program = found.Program;
                return true;
            }
        }

        program = null;
        return false;
    }

    /// <summary>Makes room for one more: call it before a program is made, so that the memory of two is never needed for one.</summary>
    public void MakeRoom()
    {
        while (_programs.Count >= Capacity)
        {
            TProgram oldest = _programs[0].Program;
            _programs.RemoveAt(0);
            oldest.Dispose();
        }
    }

    /// <summary>Keeps a program, whose owner is now the cache.</summary>
    /// <param name="key">A key that is not there.</param>
    /// <param name="program">The program.</param>
    public void Add(TKey key, TProgram program)
    {
        MakeRoom();
        _programs.Add((key, program));
    }

    /// <summary>Disposes of all programs.</summary>
    public void Dispose()
    {
        foreach ((_, TProgram program) in _programs)
        {
            program.Dispose();
        }

        _programs.Clear();
    }
}
