using MuonSharp.Conformance.Cases;
using MuonSharp.Experiments;
using MuonSharp.Formats;
using MuonSharp.Optimizers;
using MuonSharp.TorchSharp.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace MuonSharp.TorchSharp.Tests.Traces;

/// <summary>A recorded run, stepped through this package: one optimizer with a group for each of the trace's.</summary>
internal sealed class TraceRun : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly Trace _trace;
    private readonly Dictionary<string, TorchParameter> _parameters = new(StringComparer.Ordinal);
    private readonly List<UpdateOptions> _numbers = [];

    public TraceRun(GoldenCase golden, bool kernels)
    {
        _trace = Trace.Open(golden.PathOf(golden.Text("file")));
        _file = SafetensorsFile.Open(_trace.Path);
        Optimizer = new Muon(Array.Empty<Muon.ParamGroup>()) { use_kernels = kernels, report = true };
        foreach (TraceGroup group in _trace.Config.Groups)
        {
            TorchParameter[] parameters = [.. group.Parameters.Select(Load)];
            switch (group.Options)
            {
                case MuonOptions muon:
                    Add(new Muon.ParamGroup(parameters, preset: muon with { LearningRate = 0, WeightDecay = 0, Momentum = 0 }, layout: group.Layout));
                    break;
                case AdamWOptions adamw:
                    Add(new Muon.AuxiliaryGroup(parameters, preset: adamw with { LearningRate = 0, WeightDecay = 0, Beta1 = 0 }));
                    break;
                default:
                    throw new NotSupportedException();
            }
        }
    }

    public Muon Optimizer { get; }

    /// <summary>Whether every group is stepped by an optimizer that the package has.</summary>
    public static bool Fits(GoldenCase golden)
    {
        using Trace trace = Trace.Open(golden.PathOf(golden.Text("file")));
        return trace.Config.Groups.All(group => group.Options is MuonOptions or AdamWOptions);
    }

    /// <summary>Steps the whole run.</summary>
    /// <returns>The largest deviation, by the rule of replays.</returns>
    public double Run()
    {
        double worst = 0;
        for (int step = 1; step <= _trace.LastExpectedStep; step++)
        {
            MoveNumbers(step);
            foreach ((string name, TorchParameter parameter) in _parameters)
            {
                using Tensor? gradient = _file.TryGet($"gradient/{step}/{name}", out _) ? tensor(_file.Floats($"gradient/{step}/{name}")).reshape(parameter.shape) : null;
                parameter.grad = gradient;
            }

            Optimizer.step();
            foreach ((string name, TorchParameter parameter) in _parameters)
            {
                if (_file.TryGet($"expected/{step}/{name}", out _))
                {
                    worst = Math.Max(worst, TraceReplay.Deviation(parameter.Floats(), _file.Floats($"expected/{step}/{name}"), _file.Floats($"initial/{name}")));
                }
            }
        }

        return worst;
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        _file.Dispose();
        _trace.Dispose();
    }

    private TorchParameter Load(string name)
    {
        var parameter = new TorchParameter(tensor(_file.Floats($"initial/{name}")).reshape([.. _file.Sizes($"initial/{name}").Select(size => (long)size)]));
        _parameters.Add(name, parameter);
        return parameter;
    }

    private void Add(global::TorchSharp.Modules.ParamGroup group)
    {
        Optimizer.add_param_group(group);
        _numbers.Add((UpdateOptions)group.Options);
    }

    /// <summary>What schedules of torch would do.</summary>
    private void MoveNumbers(int step)
    {
        for (int i = 0; i < _numbers.Count; i++)
        {
            OptimizerOptions options = _trace.Config.Groups[i].Options;
            _numbers[i].LearningRate = options.LearningRate.At(step, _trace.Config.Steps);
            _numbers[i].weight_decay = options.WeightDecay.At(step, _trace.Config.Steps);
            _numbers[i].momentum = (options is MuonOptions muon ? muon.Momentum : ((AdamWOptions)options).Beta1).At(step, _trace.Config.Steps);
        }
    }
}
