#pragma once
// Where networks are taken from that come into a zoo. Private to the module.

#include <string>
#include <utility>
#include <vector>

#include "weightloom/zoo/merge.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

class MergeSource {
 public:
  virtual ~MergeSource() = default;
  // Those that cannot be read are told.
  virtual std::vector<ZooRecord> records(std::vector<DamagedNetwork>& damaged) const = 0;
  virtual std::vector<std::string> aliases(const std::string& id) const = 0;
  // All four throw kDamaged for what is not as it was.
  virtual std::vector<std::pair<std::string, TokenStream>> tokens(const std::string& id) const = 0;
  virtual TensorMap weights(const ZooRecord& record) const = 0;
  virtual void send(const ZooRecord& record, WeightsSink& sink) const = 0;
  // Reads everything that send() does.
  virtual void check(const ZooRecord& record) const = 0;
};

// As merge() does; options.where is the source's business.
MergeResult merge_from(Zoo& into, const MergeSource& from, const MergeOptions& options, const ProgressSink& progress);

}  // namespace weightloom
