#include "io/config/yaml_tree.hpp"

#include <algorithm>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "events/json/utf8.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;

/// Leaves the library's parser; never leaves this file.
struct Refused {
    int line;
    std::string why;
};

class TreeBuilder final : public YAML::EventHandler {
public:
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (seen_document_) throw Refused{line(mark), "the file holds a second document; keep one"};
        seen_document_ = true;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        begin(mark, "?", anchor, YamlNode::Kind::null, {});
        end();
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        throw Refused{line(mark), "aliases are not accepted; write the value out"};
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        begin(mark, tag, anchor, YamlNode::Kind::scalar, value);
        end();
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, YamlNode::Kind::list, {});
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, YamlNode::Kind::map, {});
    }
    void OnMapEnd() override { end(); }

    YamlNode root;

private:
    /// One open list or map, and whether the next scalar is a map's key.
    struct Open {
        YamlNode node;
        bool key_next = false;
        std::string key;
    };

    static int line(const YAML::Mark& mark) { return mark.line + 1; }

    void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind,
               const std::string& value) {
        if (anchor != 0) throw Refused{line(mark), "anchors are not accepted; write the value out"};
        const bool plain = tag.empty() || tag == "?" || tag == "!";
        if (!plain) throw Refused{line(mark), "tags are not accepted"};
        if (++nodes_ > yaml_nodes_max)
            throw Refused{line(mark), "more than " + std::to_string(yaml_nodes_max) + " values"};
        if (open_.size() >= yaml_depth_max)
            throw Refused{line(mark), "nested deeper than " + std::to_string(yaml_depth_max) + " levels"};
        Open next;
        next.node.kind = kind;
        next.node.line = line(mark);
        next.node.text = value;
        next.node.quoted = tag == "!";
        next.key_next = kind == YamlNode::Kind::map;
        open_.push_back(std::move(next));
    }

    void end() {
        YamlNode done = std::move(open_.back().node);
        open_.pop_back();
        if (open_.empty()) {
            root = std::move(done);
            return;
        }
        Open& parent = open_.back();
        if (parent.key_next) {
            take_key(parent, done);
            return;
        }
        if (parent.node.kind == YamlNode::Kind::map) {
            done.key = std::move(parent.key);
            parent.key_next = true;
        }
        parent.node.children.push_back(std::move(done));
    }

    static void take_key(Open& map, const YamlNode& key) {
        if (key.kind != YamlNode::Kind::scalar) throw Refused{key.line, "a key must be a word"};
        const auto& siblings = map.node.children;
        if (std::any_of(siblings.begin(), siblings.end(), [&](const auto& s) { return s.key == key.text; }))
            throw Refused{key.line, "the key '" + key.text + "' stands twice"};
        map.key = key.text;
        map.key_next = false;
    }

    std::vector<Open> open_;
    std::size_t nodes_ = 0;
    bool seen_document_ = false;
};

tl::unexpected<events::Error> refused(int line, const std::string& why) {
    return events::failure(ErrorCode::config_invalid, "line " + std::to_string(line) + ": " + why);
}

}  // namespace

events::Result<YamlNode> parse_yaml(std::string_view text) {
    if (text.size() > yaml_bytes_max)
        return events::failure(ErrorCode::config_invalid, "the configuration is larger than " +
                                                              std::to_string(yaml_bytes_max) + " bytes");
    if (!events::is_utf8(text) || text.find('\0') != std::string_view::npos)
        return events::failure(ErrorCode::config_invalid, "the configuration is not UTF-8 text");
    TreeBuilder builder;
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Refused& refusal) {
        return refused(refusal.line, refusal.why);
    } catch (const YAML::Exception& error) {
        return refused(error.mark.line + 1, "not valid YAML: " + error.msg);
    }
    if (builder.root.kind == YamlNode::Kind::null) builder.root.kind = YamlNode::Kind::map;
    if (builder.root.kind != YamlNode::Kind::map)
        return refused(builder.root.line, "the configuration must be a map of sections");
    return std::move(builder.root);
}

}  // namespace ibkr::io
