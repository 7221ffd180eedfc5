using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>The <c>compare.json</c> of a comparison's folder: what it belongs to, and the times that were measured.</summary>
internal sealed class ComparisonFile(string folder, IFileOperations files)
{
    /// <summary>Name of the file.</summary>
    public const string Name = "compare.json";

    public string Path { get; } = System.IO.Path.Combine(folder, Name);

    /// <summary>Writes a result, as a whole or not at all.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(ComparisonResult result) => ExperimentFolder.Write("compare", Path, files, ComparisonJson.Write(result));

    /// <summary>Takes up what an earlier call has left: checks that it is this comparison's, and returns its times.</summary>
    /// <exception cref="ConfigurationException">The folder holds another comparison, or a run.</exception>
    /// <exception cref="InvalidFileException">The file cannot be read, or is damaged.</exception>
    public MeasuredTimes TakeUp(ComparisonPlan plan)
    {
        if (!File.Exists(Path))
        {
            return new RunFolder(folder).HoldsRun
                ? throw new ConfigurationException($"[compare] {folder}: a comparison needs a folder of its own; this one holds a run")
                : MeasuredTimes.None;
        }

        SavedComparison saved = SavedComparison.Read(Path);
        Check(saved, plan);

        // Ratios are to the first optimizer: beside another one they say nothing.
        return saved.First == plan.Entries[0].Label ? saved.Times : MeasuredTimes.None;
    }

    private void Check(SavedComparison saved, ComparisonPlan plan)
    {
        Same("steps", saved.Steps, plan.Steps);
        Same($"the {(plan.OfImages ? "images'" : "text's")} SHA-256", saved.DataSha256, plan.DataSha256);
        try
        {
            ResumeRules.Check(saved.Base, plan.Base);
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException([.. error.Problems.Select(problem => problem.Replace("[resume]", $"[compare] {folder}:", StringComparison.Ordinal))]);
        }

        void Same<T>(string what, T before, T now)
        {
            if (!Equals(before, now))
            {
                throw new ConfigurationException($"[compare] {folder}: {what} must be the folder's own, {before}; {now} came (--run names another folder)");
            }
        }
    }
}
