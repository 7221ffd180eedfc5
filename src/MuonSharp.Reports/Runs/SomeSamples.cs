namespace MuonSharp.Reports;

/// <summary>Some of many samples of a run: the first, the newest, and evenly spread ones between.</summary>
/// <param name="most">How many at most, an even number from 4 on.</param>
internal sealed class SomeSamples<T>(int most)
{
    private readonly List<(long Step, T Sample)> _all = [];

    /// <summary>The samples, ascending by their steps.</summary>
    public IReadOnlyList<(long Step, T Sample)> All => _all;

    /// <summary>The newest up to a step; its step is -1 if there is none.</summary>
    public (long Step, T? Sample) UpTo(long step) => _all.FindLastIndex(each => each.Step <= step) is >= 0 and var found ? _all[found] : (-1, default);

    /// <summary>Takes a sample of a step beyond those that are there.</summary>
    public void Add(long step, T sample)
    {
        // The last one may be there for being the newest alone.
        if (_all.Count > 2 && _all[^1].Step - _all[^2].Step < _all[1].Step - _all[0].Step)
        {
            _all.RemoveAt(_all.Count - 1);
        }

        if (_all.Count == most)
        {
            for (int i = most - 1; i > 0; i -= 2)
            {
                _all.RemoveAt(i);
            }
        }

        _all.Add((step, sample));
    }
}
