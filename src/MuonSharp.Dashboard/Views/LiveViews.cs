using MuonSharp.Dashboard.Runs;

namespace MuonSharp.Dashboard.Views;

/// <summary>The views of all pages that are open; pages with the same choice share one.</summary>
/// <param name="catalog">The runs.</param>
/// <param name="interval">The least time between two looks.</param>
internal sealed class LiveViews(RunCatalog catalog, TimeSpan interval)
{
    private const int MostIdle = 4;

    private readonly Dictionary<string, LiveView> _views = new(StringComparer.Ordinal);
    private long _departures;

    /// <summary>The view of a choice; <see cref="Leave"/> it when the reader goes.</summary>
    public LiveView Of(ViewChoice choice)
    {
        lock (_views)
        {
            if (!_views.TryGetValue(choice.Key, out LiveView? view))
            {
                _views[choice.Key] = view = new(choice, catalog, interval);
            }

            view.Readers++;
            return view;
        }
    }

    /// <summary>A reader goes. What was left last is kept: a page that is loaded again, or asks for events after it was loaded, finds its runs read.</summary>
    public void Leave(LiveView view)
    {
        lock (_views)
        {
            view.Left = ++_departures;
            view.Readers--;
            LiveView[] old = [.. _views.Values.Where(each => each.Readers == 0).OrderByDescending(each => each.Left).Skip(MostIdle)];
            if (old.Length == 0)
            {
                return;
            }

            foreach (LiveView each in old)
            {
                _views.Remove(each.Choice.Key);
            }

            lock (catalog.Gate)
            {
                catalog.Keep(_views.Values.SelectMany(each => each.Folders).ToHashSet(StringComparer.Ordinal));
            }
        }
    }
}
